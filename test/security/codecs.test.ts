import session from 'sojourn'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { SessionsOptions } from '../../src/core/policy/options.ts'
import { atOnce, later, minute } from '../core/stage.ts'
import { Web } from '../session/web.ts'
import { type Anything, newKey, oldKey, plainSecret, Vault } from './vault.ts'

const json = { secret: plainSecret, codec: 'json' } as const
const structured = { secret: plainSecret, codec: 'structured' } as const
const sealed = { keys: [newKey], seal: 'visitor' } as const
const unsupported = (path: string) =>
  expect.objectContaining({ code: 'VALUE_UNSUPPORTED', message: expect.stringContaining(`\`${path}\``) })

afterEach(() => void vi.unstubAllEnvs())

describe.each([
  { kind: 'a store in this process', traits: atOnce },
  { kind: 'a store over a network', traits: later },
])('a codec that is changed while the application runs (P10), in $kind', ({ traits }) => {
  test('from JSON to structured and back: sessions are read, what is only read is not written', async () => {
    const vault = new Vault(traits)
    const visitor = await vault.start(json).newcomer({ cart: { lines: [1, 2] }, user: 'ada' })
    for (const options of [structured, json, structured]) {
      const { record } = vault
      vault.store.forgetCalls()
      const same = vault.start(options).visitor(visitor.cookie)
      // Looking into what is nested makes it suspect, and assigning what was there is no change.
      await same.request(visited => {
        expect(visited['cart']).toEqual({ lines: [1, 2] })
        visited['user'] = 'ada'
      })
      expect([vault.store.calls, vault.record]).toEqual([['load'], record])
    }
    const text = (): string => String(vault.record.data)
    await vault
      .start(structured)
      .visitor(visitor.cookie)
      .request(visited => Object.assign(visited, { n: 1 }))
    expect(text()).toMatch(/^\[/)
    await vault
      .start(json)
      .visitor(visitor.cookie)
      .request(visited => Object.assign(visited, { n: 2 }))
    expect(JSON.parse(text())).toEqual({ cart: { lines: [1, 2] }, user: 'ada', n: 2 })
  })

  test('from JSON to structured: what only the new codec holds is stored at once', async () => {
    for (const value of [7n, new Map([[1, 2]]), new Set([1]), undefined, Number.NaN, new Date(0), cycle()]) {
      const vault = new Vault(traits)
      const { cookie } = await vault.start(json).newcomer({ user: 'ada', value: null })
      const visitor = vault.start(structured).visitor(cookie)
      await visitor.request(visited => Object.assign(visited, { value }))
      await visitor.request(visited => expect(visited['value']).toEqual(value))
    }
  })

  test.each([
    ['a date in the place of its text', '1970-01-01T00:00:00.000Z', new Date(0)],
    ['a map in the place of an empty object', {}, new Map([['a', 1]])],
    ['a set in the place of an empty object', {}, new Set([1])],
    ['a number that is none in the place of null', null, Number.NaN],
    ['a negative zero in the place of a zero', 0, -0],
    ['a list of nothing in the place of a list of null', [null], [undefined]],
  ])('from JSON to structured: %s is a change', async (_what, before, after) => {
    const vault = new Vault(traits)
    const { cookie } = await vault.start(json).newcomer({ value: before })
    const visitor = vault.start(structured).visitor(cookie)
    await visitor.request(visited => Object.assign(visited, { value: after }))
    await visitor.request(visited => expect(visited['value']).toStrictEqual(after))
  })

  test('from structured to JSON: a map is an error at the write, and nothing is lost', async () => {
    const vault = new Vault(traits)
    const lookup = new Map([['a', 1n]])
    const { cookie } = await vault.start(structured).newcomer({ lookup, n: 1 })
    const { record } = vault
    const visitor = vault.start(json).visitor(cookie)
    await visitor.request(visited => expect(visited).toMatchObject({ lookup, n: 1 }))
    const writing = visitor.request(visited => Object.assign(visited, { n: 2 }))
    await expect(writing).rejects.toEqual(unsupported('session.lookup'))
    expect(vault.record).toEqual(record)
    await visitor.request(visited => {
      delete visited['lookup']
      visited['n'] = 2
    })
    expect(vault.record.data).toBe('{"n":2}')
  })

  test('from structured to JSON: who holds what JSON cannot is still active when only reading', async () => {
    const vault = new Vault(traits)
    const { cookie } = await vault.start(structured).newcomer({ lookup: new Map() })
    const visitor = vault.start(json).visitor(cookie)
    for (let turn = 0; turn < 4; turn += 1) {
      vault.clock.advance(15 * minute)
      await visitor.request(visited => expect(visited['lookup']).toEqual(new Map()))
    }
  })

  // The touch that seals anew writes the values in the new codec, which refuses them; nobody hears of it, and the
  // session ends while its visitor is active.
  test('the same while a key is exchanged: who only reads stays signed in', async () => {
    const vault = new Vault(traits)
    const before = { keys: [oldKey], seal: 'server', codec: 'structured' } as const
    const { cookie } = await vault.start(before).newcomer({ lookup: new Map() })
    const visitor = vault.start({ ...before, keys: [newKey, oldKey], codec: 'json' }).visitor(cookie)
    for (let turn = 0; turn < 4; turn += 1) {
      vault.clock.advance(15 * minute)
      await visitor.request(visited => expect(visited['lookup']).toEqual(new Map()))
    }
  })

  // A rotation that comes by itself writes the values in the new codec, so that every page is an error from then on.
  test('the same with `rotateEvery`: who only reads is given a new id, and no error', async () => {
    const vault = new Vault(traits)
    const { cookie } = await vault.start(structured).newcomer({ lookup: new Map() })
    const visitor = vault.start({ ...json, rotateEvery: '5m' }).visitor(cookie)
    vault.clock.advance(6 * minute)
    await visitor.request(visited => expect(visited['lookup']).toEqual(new Map()))
    expect(visitor.cookie).not.toBe(cookie)
  })

  // What takes the session for one request writes it first, in the new codec.
  test('the same on a route that holds the session: who only reads has it alone, and no error', async () => {
    const vault = new Vault(traits)
    const { cookie } = await vault.start(structured).newcomer({ lookup: new Map() })
    const visit = await vault.start(json).visitor(cookie).arrive()
    await visit.hold({ waitMs: 1000, leaseMs: 1000, queue: 1 })
    await visit.commit()
  })

  test('requests of both codecs at one time merge name by name', async () => {
    const vault = new Vault(traits)
    const { cookie } = await vault.start(json).newcomer({ user: 'ada' })
    const [one, other] = [
      await vault.start(json).visitor(cookie).arrive(),
      await vault.start(structured).visitor(cookie).arrive(),
    ]
    Object.assign(one.session ?? {}, { one: 1 })
    Object.assign(other.session ?? {}, { other: { deep: [2] } })
    await one.commit()
    await other.commit()
    for (const options of [json, structured]) {
      await vault
        .start(options)
        .visitor(cookie)
        .request(visited => {
          expect(visited).toMatchObject({ user: 'ada', one: 1, other: { deep: [2] } })
        })
    }
  })

  test('under a seal it is the same: both are read, and the next write is in the new codec', async () => {
    const vault = new Vault(traits)
    const value = new Map([[new Date(0), 7n]])
    const { cookie } = await vault.start({ ...sealed, codec: 'json' }).newcomer({ user: 'ada' })
    const visitor = vault.start({ ...sealed, codec: 'structured' }).visitor(cookie)
    await visitor.request(visited => Object.assign(visited, { value }))
    await visitor.request(visited => expect(visited).toMatchObject({ user: 'ada', value }))
    const strict = vault.start({ ...sealed, codec: 'json' }).visitor(cookie)
    await strict.request(visited => expect(visited).toMatchObject({ user: 'ada', value }))
  })
})

describe('a value that the codec cannot hold', () => {
  const refusals: readonly [string, SessionsOptions['codec'], unknown, string][] = [
    ['a BigInt', 'json', { total: 1n }, 'session.cart.total'],
    ['a date', 'json', { at: [new Date(0)] }, 'session.cart.at[0]'],
    ['a map', 'json', new Map(), 'session.cart'],
    ['a cycle', 'json', cycle(), 'session.cart.self'],
    ['a function', 'structured', { make: () => 1 }, 'session.cart.make'],
    ['an instance', 'structured', [new (class Order {})()], 'session.cart[0]'],
  ]

  /** @see issue 13, point 6 */
  describe.each(['development', 'production'])('in %s', environment => {
    test.each(refusals)(
      '%s in %s: the commit throws, with the path, and nothing is stored',
      async (_what, codec, value, path) => {
        vi.stubEnv('NODE_ENV', environment)
        const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
        onTestFinished(() => emit.mockRestore())
        const vault = new Vault()
        const application = vault.start({ secret: plainSecret, codec })
        const visitor = await application.newcomer({ user: 'ada' })
        const { record } = vault
        const committing = visitor.request(visited => {
          expect(() => Object.assign(visited, { cart: value, user: 'bea' })).not.toThrow()
        })
        await expect(committing).rejects.toEqual(unsupported(path))
        expect(vault.record).toEqual(record)
      },
    )
  })

  test('no message shows the value', async () => {
    vi.stubEnv('NODE_ENV', 'production')
    const vault = new Vault()
    const visitor = vault.start(json).visitor()
    const committing = visitor.request(visited =>
      Object.assign(visited, { a: new Map([['hunter2', 'hunter3']]) }),
    )
    await expect(committing).rejects.not.toMatchObject({ message: expect.stringMatching(/hunter/) })
  })
})

describe('the drop-in', () => {
  test.each(['development', 'production'])(
    'is lenient in %s: it stores what JSON makes of it',
    async environment => {
      vi.stubEnv('NODE_ENV', environment)
      const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
      onTestFinished(() => emit.mockRestore())
      const { web, errors } = await openWeb({
        at: new Date(0),
        map: new Map([[1, 2]]),
        f: () => 1,
        n: Number.NaN,
      })
      const { cookie } = await web.get('/in')
      const { body } = await web.get('/look', cookie)
      expect(JSON.parse(body)).toEqual({ at: '1970-01-01T00:00:00.000Z', map: {}, n: null })
      expect(errors).toEqual([])
      const warned = emit.mock.calls.map(([message]) =>
        /`session\.(\w+)`.*got (.*)\. Store/.exec(String(message))?.slice(1),
      )
      const losses = [
        ['at', 'a Date'],
        ['map', 'a Map'],
        ['f', 'a function'],
        ['n', 'NaN'],
      ]
      expect(warned).toEqual(environment === 'development' ? losses : [])
    },
  )

  test('goes on from structured to JSON, and stores what it would store anywhere else', async () => {
    const vault = new Vault()
    const first = await openWeb(
      { user: 'ada' },
      { codec: 'structured', store: vault.store, clock: vault.clock },
    )
    const { cookie } = await first.web.get('/in')
    class Document {
      readonly toJSON = (): object => ({ title: 'a document' })
    }
    const added = { document: new Document(), at: new Date(0) }
    const second = await openWeb(added, { codec: 'json', store: vault.store, clock: vault.clock })
    expect((await second.web.get('/in', cookie)).status).toBe(200)
    const { body } = await second.web.get('/look', cookie)
    expect(JSON.parse(body)).toEqual({
      user: 'ada',
      document: { title: 'a document' },
      at: '1970-01-01T00:00:00.000Z',
    })
  })
})

function cycle(): object {
  const value: { self?: unknown } = {}
  value.self = value
  return value
}

async function openWeb(values: Anything, options: object = {}) {
  const web = await new Web(session({ secret: plainSecret, ...options })).open()
  onTestFinished(() => web.close())
  web.on('/in', ({ session: visited }) => void Object.assign(visited, values))
  web.on('/look', ({ session: visited }) => JSON.stringify({ ...visited, cookie: undefined }))
  return { web, errors: web.errors }
}
