import { describe, expect, test } from 'vitest'
import { cookieNamed, deferred } from './client.ts'
import {
  countCalls,
  countViews,
  memory,
  type Route,
  sayNothing,
  sessions,
  signedCookie,
  site,
  siteOf,
  toSessionRequest,
} from './site.ts'
import type { CallbackStore } from './subject.ts'

const boom: Error = new Error('boom!')

/** A store that knows one session, and then fails in one verb. */
function failing(verb: 'get' | 'set' | 'touch' | 'destroy', error: unknown = boom): CallbackStore {
  const store = memory()
  store.set('known', { cookie: {}, views: 1 })
  if (verb === 'get') store.get = (_id, callback) => setImmediate(callback, error)
  else if (verb === 'destroy') store.destroy = (_id, callback) => setImmediate(callback ?? ignore, error)
  else store[verb] = (_id: string, _session: unknown, callback = ignore) => setImmediate(callback, error)
  return store
}

function ignore(): void {}

const known = { cookie: signedCookie('known') }

describe('a store that fails to get', () => {
  test('makes the request fail with its error', async () => {
    const { get } = await site({ store: failing('get') })
    const answer = await get('/', known)
    expect([answer.status, answer.text, answer.cookies]).toEqual([500, 'boom!', []])
  })

  test('may name the status', async () => {
    const { get } = await site({ store: failing('get', Object.assign(new Error('busy'), { status: 503 })) })
    expect((await get('/', known)).status).toBe(503)
  })

  test('does not trouble a visitor without a cookie', async () => {
    const { get } = await site({ store: failing('get') })
    expect((await get()).status).toBe(200)
  })

  test('leaves no session on the request, but its id', async () => {
    const seen: unknown[] = []
    const middleware = sessions({ store: failing('get') })
    const { get } = await siteOf((request, response) => {
      middleware(request, response, error => {
        const { session, sessionID } = toSessionRequest(request)
        seen.push(error, session, sessionID)
        response.end()
      })
    })
    await get('/', known)
    expect(seen).toEqual([boom, undefined, 'known'])
  })

  test('with ENOENT has not found it: a new session begins', async () => {
    const error = Object.assign(new Error('no such file'), { code: 'ENOENT' })
    const { get } = await site({ store: failing('get', error) }, countViews)
    const answer = await get('/', known)
    expect([answer.status, answer.text]).toEqual([200, '1'])
    expect(cookieNamed(answer)).toBeDefined()
  })

  test.each([[null], [undefined]])('but answers %s has not found it either', async missing => {
    const store = memory()
    const { get } = await site({ store }, countViews)
    store.get = (_id, callback) => setImmediate(callback, null, missing ?? undefined)
    expect((await get('/', known)).text).toBe('1')
  })
})

describe('a record that is no session', () => {
  test('for want of a cookie makes every request fail that brings its id', async () => {
    const store = memory()
    const { get } = await site({ store }, countViews)
    store.get = (_id, callback) => setImmediate(callback, null, JSON.parse('{"views":1}'))
    for (let time = 0; time < 2; time++) {
      const answer = await get('/', known)
      expect(answer.status).toBe(500)
      expect(answer.text).toMatch(/^Cannot read prop/)
    }
  })

  test('does so with the plain store in memory, too', async () => {
    const store = memory()
    store.set('known', { views: 1 })
    const { get } = await site({ store }, countViews)
    const answer = await get('/', known)
    expect([answer.status, answer.text.slice(0, 16)]).toEqual([500, 'Cannot read prop'])
  })

  test('but has an empty cookie is one', async () => {
    const store = memory()
    store.set('known', { cookie: {}, views: 1 })
    const { get } = await site({ store }, countViews)
    expect((await get('/', known)).text).toBe('2')
  })

  test.each([
    ['a string', '2999-01-01T00:00:00.000Z'],
    ['a Date', new Date('2999-01-01')],
    ['null', null],
    ['false', false],
  ])('but has an expires that is %s is one', async (_what, expires) => {
    const store = memory()
    const { get } = await site({ store }, countViews)
    const record = { cookie: { expires, originalMaxAge: null }, views: 1 }
    // A store may hand out what it likes; the middleware makes a cookie of it.
    store.get = (_id, callback) => setImmediate(callback, null, record as never)
    expect((await get('/', known)).text).toBe('2')
  })
})

const destroyAtEnd: Route = (request, response) => {
  Reflect.set(request, 'session', null)
  response.end('sent')
}

const lateFailures: [string, 'set' | 'touch' | 'destroy', Record<string, unknown>, Route][] = [
  ['set', 'set', {}, (_request, response) => response.end('sent')],
  ['touch', 'touch', { resave: false }, (_request, response) => response.end('sent')],
  ['destroy', 'destroy', { unset: 'destroy' }, destroyAtEnd],
]

describe.each(lateFailures)('a store that fails to %s at the end', (...[, verb, own, route]) => {
  test('spoils nothing: the answer leaves as it was written', async () => {
    const { get, nextError } = await site({ store: failing(verb), ...own }, route)
    const failed = nextError()
    const answer = await get('/', known)
    expect([answer.status, answer.text]).toEqual([200, 'sent'])
    await failed
  })

  test('is reported afterwards, once, with its own error', async () => {
    const { get, errors, nextError } = await site({ store: failing(verb), ...own }, route)
    await get('/', known)
    const error = await nextError()
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(error.message).toBe('boom!')
    expect(errors.length).toBe(1)
  })

  test('is reported when the headers are out', async () => {
    const { promise, resolve } = deferred<unknown[]>()
    const middleware = sessions({ store: failing(verb), ...own })
    const { get } = await siteOf((request, response) => {
      middleware(request, response, error => {
        if (error === undefined) return route(toSessionRequest(request), response)
        resolve([error, response.headersSent, response.writableEnded])
      })
    })
    await get('/', known)
    expect(await promise).toEqual([boom, true, true])
  })

  test('is reported also when it answers before it returns', async () => {
    const store = failing(verb)
    if (verb === 'destroy') store.destroy = (_id, callback) => callback?.(boom)
    else store[verb] = (_id: string, _session: unknown, callback = ignore) => callback(boom)
    const { get, nextError } = await site({ store, ...own }, route)
    const failed = nextError()
    expect((await get('/', known)).text).toBe('sent')
    expect((await failed).message).toBe('boom!')
  })
})

describe('a new session that cannot be stored', () => {
  test('is sent with its cookie all the same', async () => {
    const { get, nextError } = await site({ store: failing('set') }, countViews)
    const failed = nextError()
    const answer = await get()
    expect([answer.status, answer.text]).toEqual([200, '1'])
    expect(cookieNamed(answer)).toBeDefined()
    await failed
  })
})

describe('a cookie that cannot be written', () => {
  const invalid: Route = ({ session }, response) => {
    session.cookie.expires = new Date(Number.NaN)
    response.end('sent')
  }

  test('is left out, and the answer leaves as it was written', async () => {
    const { get, nextError } = await site({}, invalid)
    const failed = nextError()
    const answer = await get()
    expect([answer.status, answer.text, answer.cookies]).toEqual([200, 'sent', []])
    await failed
  })

  test('is reported afterwards', async () => {
    const { get, nextError } = await site({}, invalid)
    const failed = nextError()
    await get()
    expect((await failed).message).toBe('option expires is invalid')
  })

  test.each<[string, Record<string, unknown>]>([
    ['domain', { domain: 'a b;c' }],
    ['path', { path: '/a;b' }],
    ['sameSite', { sameSite: 'sideways' }],
    ['priority', { priority: 'urgent' }],
  ])('for its %s is reported by name', async (name, change) => {
    const { get, nextError } = await site({}, ({ session }, response) => {
      Object.assign(session.cookie, change)
      response.end('sent')
    })
    const failed = nextError()
    const answer = await get()
    expect([answer.text, answer.cookies]).toEqual(['sent', []])
    expect((await failed).message).toContain(name)
  })
})

describe('a store that is disconnected', () => {
  test('leaves requests without a session, a store and an error', async () => {
    const store = memory()
    const { get } = await site({ store }, (request, response) =>
      response.end(`${typeof request.session} ${typeof request.sessionStore}`),
    )
    store.emit('disconnect')
    const answer = await get()
    expect([answer.status, answer.text, answer.cookies]).toEqual([200, 'undefined undefined', []])
  })

  test('is not called', async () => {
    const store = memory()
    const { get } = await site({ store })
    const calls = countCalls(store)
    store.emit('disconnect')
    await get('/', known)
    expect(calls).toEqual({ get: 0, set: 0, touch: 0, destroy: 0 })
  })

  test('serves again when it says connect', async () => {
    const store = memory()
    const { get } = await site({ store }, (request, response) => response.end(typeof request.session))
    store.emit('disconnect')
    expect((await get()).text).toBe('undefined')
    store.emit('connect')
    const answer = await get()
    expect(answer.text).toBe('object')
    expect(cookieNamed(answer)).toBeDefined()
  })

  test('in the middle of a request lets that request save', async () => {
    const store = memory()
    const { get } = await site({ store }, (request, response) => {
      store.emit('disconnect')
      sayNothing(request, response)
    })
    const calls = countCalls(store)
    await get()
    expect(calls.set).toBe(1)
  })
})
