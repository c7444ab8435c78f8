import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { SessionsOptions } from '../../src/core/policy/options.ts'
import { later, type Stage, type TestSession } from './stage.ts'

let warnings: string[] = []
let stage: typeof import('./stage.ts')['stage']

// A process gives each warning once, so each test loads its own copy of the library.
beforeEach(async () => {
  vi.resetModules()
  stage = (await import('./stage.ts')).stage
  warnings = []
  vi.spyOn(process, 'emitWarning').mockImplementation((message, options) => {
    warnings.push(`${(options as { readonly code: string }).code}: ${message}`)
  })
})

afterEach(() => vi.restoreAllMocks())

async function filled(theatre: Stage, value: unknown): Promise<ReturnType<Stage['visitor']>> {
  const ada = theatre.visitor()
  await ada.request(session => void (session.cart = value))
  return ada
}

const tooLarge = expect.objectContaining({ code: 'SESSION_TOO_LARGE' })
const failing: Partial<SessionsOptions> = { sizeLimit: 1000, onOversize: 'fail' }

/** @see issue 13, point 6 */
describe('a session that is larger than it should be', () => {
  test.each<[string, object, string]>([
    ['more than 100 kB', {}, 'x'.repeat(100_000)],
    ['more than the option says', { sizeLimit: 1000 }, 'x'.repeat(1000)],
    ['more in bytes than in letters', { sizeLimit: 1000 }, '€'.repeat(400)],
  ])('%s: it is stored, with one warning', async (_what, options, value) => {
    const theatre = stage(options)
    const ada = await filled(theatre, value)
    await filled(theatre, value)
    await ada.request(session => expect(session.cart).toBe(value))
    expect(warnings).toEqual([expect.stringMatching(/^SOJOURN_SIZE: Expected .* bytes.*`sizeLimit`.*\.$/)])
    expect(warnings[0]).not.toContain('xxx')
  })

  test.each<[string, object, string]>([
    ['as large as it may be', {}, 'x'.repeat(100_000 - '{"cart":""}'.length)],
    ['below what the option says', { sizeLimit: 300_000 }, 'x'.repeat(200_000)],
  ])('%s: no warning', async (_what, options, value) => {
    await filled(stage(options), value)
    expect(warnings).toEqual([])
  })

  test.each([undefined, later])('it is an error if configured, and the stored data stays', async traits => {
    const theatre = stage(failing, traits)
    const ada = await filled(theatre, 'tea')
    const large = 'x'.repeat(1000)
    const grow = (session: TestSession): void => void (session.cart = large)
    await expect(ada.request(grow)).rejects.toEqual(tooLarge)
    const save = (session: TestSession): unknown => {
      grow(session)
      return session.save()
    }
    await expect(ada.request(save)).rejects.toEqual(tooLarge)
    await ada.request(async session => {
      await expect(session.update(grow)).rejects.toEqual(tooLarge)
      expect(session.cart).toBe('tea')
    })
    await ada.request(session => expect(session.cart).toBe('tea'))
    await expect(filled(theatre, large)).rejects.toEqual(tooLarge)
    expect(warnings).toEqual([])
  })

  test.each([undefined, later])(
    'when it is an error, an existing one can still be read and made smaller',
    async traits => {
      const { store, clock, visitor } = stage({}, traits)
      const ada = visitor()
      await ada.request(session => Object.assign(session, { cart: ['x'.repeat(2000)], user: 'ada' }))
      const strict = stage({ ...failing, store, clock })
      const same = strict.visitor(ada.cookie)
      await same.request(session => expect(session.cart).toHaveLength(1))
      await same.request(session => session.update(current => void (current.cart = [])))
      await same.request(session => expect([session.cart, session.user]).toEqual([[], 'ada']))
    },
  )
})
