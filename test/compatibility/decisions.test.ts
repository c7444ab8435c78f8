import { describe, expect, test } from 'vitest'
import { type Answer, cookieNamed, idOf } from './client.ts'
import { countCalls, lengthOf, memory, type Route, sayNothing, signedCookie, site, stored } from './site.ts'
import { pass } from './time.ts'

const change: Route = ({ session }, response) => {
  session.changes = Number(session.changes ?? 0) + 1
  response.end('changed')
}

const both = [true, false]
const settings = both.flatMap(rolling =>
  both.flatMap(saveUninitialized => both.map(resave => ({ rolling, saveUninitialized, resave }))),
)

/** What one request did: the store's calls, and whether a cookie was set. */
interface Outcome {
  readonly get: number
  readonly set: number
  readonly touch: number
  readonly destroy: number
  readonly cookie: boolean
}

const nothing: Outcome = { get: 0, set: 0, touch: 0, destroy: 0, cookie: false }

/** Runs one route for a new visitor, or for one who came before and whose session has data. */
async function outcome(own: Record<string, unknown>, route: Route, isKnown: boolean): Promise<Outcome> {
  const store = memory()
  const { get } = await site({ store, ...own }, (request, response) =>
    request.url === '/first' ? change(request, response) : route(request, response),
  )
  const first = isKnown ? await get('/first') : undefined
  const calls = countCalls(store)
  const answer = await get('/', first === undefined ? {} : { cookie: first })
  return { ...calls, cookie: cookieNamed(answer) !== undefined }
}

describe.each(settings)('rolling $rolling, saveUninitialized $saveUninitialized, resave $resave', own => {
  const { rolling, saveUninitialized, resave } = own

  test('a new session that is left alone', async () => {
    const saved = { set: saveUninitialized ? 1 : 0, cookie: saveUninitialized }
    expect(await outcome(own, sayNothing, false)).toEqual({ ...nothing, ...saved })
  })

  test('a new session with data', async () => {
    expect(await outcome(own, change, false)).toEqual({ ...nothing, set: 1, cookie: true })
  })

  test('a known session that is left alone', async () => {
    const kept = resave ? { set: 1 } : { touch: 1 }
    expect(await outcome(own, sayNothing, true)).toEqual({ ...nothing, get: 1, ...kept, cookie: rolling })
  })

  test('a known session that changes', async () => {
    expect(await outcome(own, change, true)).toEqual({ ...nothing, get: 1, set: 1, cookie: true })
  })

  test('a known session that changes, with a browser-session cookie', async () => {
    const plain = { ...own, cookie: {} }
    expect(await outcome(plain, change, true)).toEqual({ ...nothing, get: 1, set: 1, cookie: rolling })
  })

  test('a session that is saved by the route', async () => {
    const save: Route = ({ session }, response) => {
      session.saved = true
      session.save(() => response.end())
    }
    // express-session touches it once more at the end, which nobody can need; so that is left open.
    const { touch: _touch, ...rest } = await outcome(own, save, true)
    expect(rest).toEqual({ get: 1, set: 1, destroy: 0, cookie: true })
  })

  test('a known session that is destroyed', async () => {
    const { get, set, touch, destroy } = await outcome(
      own,
      ({ session }, response) => session.destroy(() => response.end()),
      true,
    )
    expect({ get, set, touch, destroy }).toEqual({ get: 1, set: 0, touch: 0, destroy: 1 })
  })

  test('a known session that is regenerated', async () => {
    const renew: Route = ({ session }, response) => session.regenerate(() => response.end())
    expect(await outcome(own, renew, true)).toEqual({ ...nothing, get: 1, set: 1, destroy: 1, cookie: true })
  })

  test('a session id that the store does not know', async () => {
    const store = memory()
    const { get } = await site({ store, ...own })
    const calls = countCalls(store)
    const answer = await get('/', { cookie: signedCookie('unknown') })
    expect(calls).toEqual({ get: 1, set: saveUninitialized ? 1 : 0, touch: 0, destroy: 0 })
    expect(idOf(answer)).not.toBe('unknown')
    expect(cookieNamed(answer) !== undefined).toBe(saveUninitialized)
  })

  test('an id that nobody signed is not even looked for', async () => {
    const store = memory()
    const { get } = await site({ store, ...own })
    const calls = countCalls(store)
    const answer = await get('/', { cookie: 'connect.sid=s%3Aunknown.bm8' })
    expect(calls).toEqual({ ...nothing, set: saveUninitialized ? 1 : 0, cookie: undefined })
    expect(cookieNamed(answer) !== undefined).toBe(saveUninitialized)
  })
})

describe('a change', () => {
  test.each<[string, Route]>([
    ['in a nested object', ({ session }, response) => nest(session.nested, response)],
    [
      'of a nested property named cookie',
      ({ session }, response) => nest(session.nested, response, 'cookie'),
    ],
    ['that deletes a key', ({ session }, response) => response.end(String(delete session.nested))],
  ])('%s is saved', async (_what, route) => {
    const store = memory()
    const { get } = await site({ store, resave: false }, (request, response) => {
      if (request.url !== '/first') return route(request, response)
      request.session.nested = { cookie: 'oatmeal' }
      response.end()
    })
    const first = await get('/first')
    const calls = countCalls(store)
    await get('/', { cookie: first })
    expect(calls).toMatchObject({ set: 1, touch: 0 })
  })

  test('to the same value is none', async () => {
    const same: Route = ({ session }, response) => {
      session.changes = 1
      response.end()
    }
    expect(await outcome({ resave: false }, same, true)).toEqual({ ...nothing, get: 1, touch: 1 })
  })

  test('that is taken back is none', async () => {
    const undo: Route = ({ session }, response) => {
      session.extra = 1
      delete session.extra
      response.end()
    }
    expect(await outcome({ resave: false }, undo, true)).toEqual({ ...nothing, get: 1, touch: 1 })
  })

  test('by reading is none', async () => {
    const read: Route = ({ session }, response) => response.end(JSON.stringify([session.changes, session]))
    expect(await outcome({ resave: false }, read, true)).toEqual({ ...nothing, get: 1, touch: 1 })
  })

  function nest(nested: unknown, response: import('node:http').ServerResponse, key = 'deep'): void {
    Object.assign(Object(nested), { [key]: 'changed' })
    response.end()
  }
})

describe('touch', () => {
  test('is called on every request that changes nothing, also milliseconds later', async () => {
    const store = memory()
    const { get } = await site({ store, resave: false })
    const first = await get()
    const calls = countCalls(store)
    for (let time = 0; time < 3; time++) await get('/', { cookie: first })
    expect(calls).toEqual({ get: 3, set: 0, touch: 3, destroy: 0 })
  })

  test('moves the stored end of the session', async () => {
    const store = memory()
    const { get } = await site({ store, resave: false })
    const first = await get()
    const before = await endOf(first)
    pass(5000)
    await get('/', { cookie: first })
    expect(await endOf(first)).toBeGreaterThanOrEqual(before + 5000)

    async function endOf(answer: Answer): Promise<number> {
      const record = await stored(store, idOf(answer))
      return Date.parse(String(Object(record?.cookie).expires))
    }
  })

  test('is not called for an uninitialized session', async () => {
    const store = memory()
    const { get } = await site({ store, saveUninitialized: false, resave: false })
    const calls = countCalls(store)
    await get()
    expect(calls.touch).toBe(0)
  })

  test('gets the id and the session', async () => {
    const store = memory()
    const { get } = await site({ store, resave: false }, change)
    const first = await get()
    const seen: unknown[] = []
    store.touch = (id, session, callback) => {
      seen.push(id, Object(session).changes)
      callback?.()
    }
    const quiet = await site({ store, resave: false })
    await quiet.get('/', { cookie: first })
    expect(seen).toEqual([idOf(first), 1])
  })
})

describe('unset', () => {
  const unsets: [string, Route][] = [
    ['deleted', (request, response) => response.end(String(Reflect.deleteProperty(request, 'session')))],
    ['null', (request, response) => response.end(String(Reflect.set(request, 'session', null)))],
    ['undefined', (request, response) => response.end(String(Reflect.set(request, 'session', undefined)))],
  ]

  test.each(unsets)('keeps the record by default when req.session is %s', async (_what, unset) => {
    const { cookie, ...calls } = await outcome({}, unset, true)
    expect(calls).toEqual({ get: 1, set: 0, touch: 0, destroy: 0 })
    expect(cookie).toBe(false)
  })

  test.each(unsets)('destroy removes it when req.session is %s', async (_what, unset) => {
    const { cookie: _cookie, ...calls } = await outcome({ unset: 'destroy' }, unset, true)
    expect(calls).toEqual({ get: 1, set: 0, touch: 0, destroy: 1 })
  })

  test.each(unsets)('sets no cookie for a new session that is %s', async (_what, unset) => {
    const { cookie, set } = await outcome({ unset: 'destroy' }, unset, false)
    expect([cookie, set]).toEqual([false, 0])
  })

  test('destroy leaves nothing in the store', async () => {
    const store = memory()
    const { get } = await site({ store, unset: 'destroy' }, (request, response) => {
      if (request.url === '/out') Reflect.set(request, 'session', null)
      response.end()
    })
    const first = await get()
    expect(await lengthOf(store)).toBe(1)
    await get('/out', { cookie: first })
    expect(await lengthOf(store)).toBe(0)
  })

  test('keep lets the visitor come back', async () => {
    const { get } = await site({ unset: 'keep' }, (request, response) => {
      const { session } = request
      if (request.url === '/out') Reflect.set(request, 'session', null)
      else session.seen = Number(session.seen ?? 0) + 1
      response.end(String(session.seen))
    })
    const first = await get()
    await get('/out', { cookie: first })
    expect((await get('/', { cookie: first })).text).toBe('2')
  })
})

describe('a session id that is no string', () => {
  test.each<[string, unknown]>([
    ['a function', () => 'id'],
    ['a number', 7],
    ['undefined', undefined],
  ])('such as %s is neither saved nor sent', async (_what, bogus) => {
    const store = memory()
    const { get } = await site({ store }, (request, response) => {
      Reflect.set(request, 'sessionID', bogus)
      request.session.name = 'Ada'
      response.end('fine')
    })
    const answer = await get()
    expect([answer.status, answer.text, answer.cookies]).toEqual([200, 'fine', []])
    expect(await lengthOf(store)).toBe(0)
  })
})
