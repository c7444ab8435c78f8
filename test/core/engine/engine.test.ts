import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Engine } from '../../../src/core/engine/engine.ts'
import { resolveOptions, type SessionsOptions } from '../../../src/core/policy/options.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { hearEvents } from '../heard-events.ts'
import { atOnce, secret } from '../stage.ts'
import { WatchedStore } from '../watched-store.ts'

describe('the name of a session in a store', () => {
  test('is a SHA-256 of the cookie’s name and the id', () => {
    const { engine } = begun({})
    const key = createHash('sha256').update('sojourn:connect.sid:apple').digest('base64url')
    expect([engine.keyOf('apple'), engine.handleOf('apple')]).toEqual([key, key])
    expect(engine.keyOfVisitor({ id: 'apple', isNewestSecret: true })).toBe(key)
  })

  test('the same id under another cookie name is another session, on the same store', () => {
    const [one, other] = [begun({ name: 'one' }).engine, begun({ name: 'other' }).engine]
    expect(one.keyOf('apple')).not.toBe(other.keyOf('apple'))
  })

  test('is the id itself in a store for express-session, but people see the hash', () => {
    const { engine } = begun({}, { keepsSessions: true })
    expect(engine.keyOf('apple')).toBe('apple')
    expect(engine.handleOf('apple')).toMatch(/^[\w-]{43}$/)
  })
})

describe('ids', () => {
  test('`genid` gets the request, and its answer is checked', () => {
    const { engine } = begun({ genid: (request: { id: string }) => request.id })
    expect(engine.mintId({ id: 'apple' })).toBe('apple')
    for (const id of ['', 7, undefined, 'x'.repeat(257)]) {
      expect(() => engine.mintId({ id })).toThrow(expect.objectContaining({ code: 'ID_INVALID' }))
    }
  })

  test('without one an id is 32 characters of base64url', () => {
    expect(begun({}).engine.mintId(undefined)).toMatch(/^[\w-]{32}$/)
  })
})

describe('secrets', () => {
  test("the configured ones are used whatever a request has, and a request's own when there are none", () => {
    const { engine } = begun({})
    expect(engine.signer('other').write('a')).toBe(engine.signer(undefined).write('a'))
    const { engine: bare } = begun({ secret: [] })
    expect(bare.signer('one').write('a')).not.toBe(bare.signer('other').write('a'))
    expect(() => bare.signer(undefined)).toThrow(expect.objectContaining({ code: 'SECRET_MISSING' }))
  })
})

describe('calling the store', () => {
  test('a failure is an event with the handle and the error, and then rejects', async () => {
    const { engine, clock } = begun({ deadline: '1s' })
    const heard = hearEvents()
    const failing = (): unknown =>
      engine.ask('load', 'apple', () => {
        throw new Error('down')
      })
    expect(failing).toThrow(expect.objectContaining({ code: 'STORE_FAILED' }))
    const hanging = engine.ask('touch', 'apple', () => new Promise(() => undefined))
    clock.advance(1000)
    await expect(hanging).rejects.toMatchObject({ code: 'STORE_TIMED_OUT' })
    const handle = engine.handleOf('apple')
    expect(heard).toEqual([
      { name: 'store-failed', payload: { handle, error: expect.objectContaining({ code: 'STORE_FAILED' }) } },
      {
        name: 'store-failed',
        payload: { handle, error: expect.objectContaining({ code: 'STORE_TIMED_OUT' }) },
      },
    ])
  })

  test('an answer is no event', async () => {
    const { engine } = begun({})
    const heard = hearEvents()
    expect(engine.ask('load', 'apple', () => 1)).toBe(1)
    expect(await engine.ask('load', 'apple', () => Promise.resolve(2))).toBe(2)
    expect(heard).toEqual([])
  })
})

function begun(
  options: Partial<SessionsOptions>,
  traits: WatchedStore['traits'] = atOnce,
): { readonly engine: Engine; readonly clock: ReturnType<typeof fakeClock> } {
  const clock = fakeClock()
  const engine = new Engine(resolveOptions({ secret, clock, ...options }), new WatchedStore(clock, traits))
  return { engine, clock }
}
