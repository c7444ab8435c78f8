import { describe, expect, test } from 'vitest'
import { type Answer, cookieNamed, deferred, idOf } from './client.ts'
import {
  countCalls,
  countViews,
  lengthOf,
  memory,
  messageOf,
  type Route,
  sessions,
  signedCookie,
  site,
  siteOf,
  stored,
  withErrorHandler,
} from './site.ts'
import { type Callback, type CallbackStore, type SessionRecord, subject } from './subject.ts'
import { pause } from './time.ts'

/** A store as people write it: JSON in a map, answering as `answer` says. No `touch`. */
class OwnStore extends subject.Store {
  readonly records = new Map<string, string>()

  override get(id: string, callback: Callback<SessionRecord | null>): void {
    const json = this.records.get(id)
    this.answer(() => callback(null, json === undefined ? undefined : JSON.parse(json)), json !== undefined)
  }

  override set(id: string, session: unknown, callback?: Callback): void {
    this.records.set(id, JSON.stringify(session))
    this.answer(() => callback?.(null), true)
  }

  override destroy(id: string, callback?: Callback): void {
    const isKnown = this.records.delete(id)
    this.answer(() => callback?.(null), isKnown)
  }

  /** Some stores answer before they return; some never do for an id that they do not know. */
  protected answer(reply: () => void, _isKnown: boolean): void {
    setImmediate(reply)
  }
}

class SyncStore extends OwnStore {
  protected override answer(reply: () => void): void {
    reply()
  }
}

class PickyStore extends OwnStore {
  protected override answer(reply: () => void, isKnown: boolean): void {
    if (isKnown) setImmediate(reply)
  }
}

const kinds: [string, () => OwnStore][] = [
  ['that answers later', () => new OwnStore()],
  ['that answers before it returns', () => new SyncStore()],
  ['that never answers for an unknown id', () => new PickyStore()],
]

describe.each(kinds)('a store %s', (_kind, make) => {
  test('keeps a session', async () => {
    const { get } = await site({ store: make() }, countViews)
    const first = await get()
    expect((await get('/', { cookie: first })).text).toBe('2')
  })

  test('saves what the route asked it to', async () => {
    const { get } = await site({ store: make() }, ({ session }, response) => {
      session.name = 'Ada'
      session.save(error => response.end(error ? 'failed' : 'saved'))
    })
    expect((await get()).text).toBe('saved')
  })

  test('loses a session that is destroyed', async () => {
    const store = make()
    const { get } = await site({ store }, (request, response) => {
      if (request.url === '/') return countViews(request, response)
      request.session.destroy(error => response.end(error ? 'failed' : 'destroyed'))
    })
    const first = await get()
    expect((await get('/out', { cookie: first })).text).toBe('destroyed')
    expect(store.records.size).toBe(0)
  })

  test('loses a session that is unset', async () => {
    const store = make()
    const { get } = await site({ store, unset: 'destroy' }, (request, response) => {
      if (request.url === '/out') Reflect.set(request, 'session', null)
      response.end('ended')
    })
    const first = await get()
    expect((await get('/out', { cookie: first })).text).toBe('ended')
    expect(store.records.size).toBe(0)
  })

  test('exchanges a session that is regenerated', async () => {
    const store = make()
    const { get } = await site({ store }, (request, response) => {
      if (request.url === '/') return void response.end()
      request.session.regenerate(() => response.end())
    })
    const first = await get()
    const second = await get('/renew', { cookie: first })
    expect([...store.records.keys()]).toEqual([idOf(second)])
  })

  test('brings a session back that is reloaded', async () => {
    const { get } = await site({ store: make() }, (request, response) => {
      if (request.url === '/') return countViews(request, response)
      request.session.views = 99
      request.session.reload(() => response.end(String(request.session.views)))
    })
    const first = await get()
    expect((await get('/again', { cookie: first })).text).toBe('1')
  })

  test('without touch is not asked to, and not called at all when nothing changed', async () => {
    const store = make()
    const { get } = await site({ store, resave: false }, (_request, response) => response.end('quiet'))
    const first = await get()
    const calls = countCalls(store)
    expect((await get('/', { cookie: first })).text).toBe('quiet')
    expect(calls).toEqual({ get: 1, set: 0, touch: 0, destroy: 0 })
  })

  test('holds the JSON of the session, cookie first, without its id', async () => {
    const store = make()
    const { get } = await site({ store, cookie: {} }, ({ session }, response) => {
      session.name = 'Ada'
      session.cart = [1, { two: null }]
      response.end()
    })
    const id = idOf(await get())
    expect(store.records.get(id)).toBe(
      '{"cookie":{"originalMaxAge":null,"expires":null,"httpOnly":true,"path":"/"},"name":"Ada","cart":[1,{"two":null}]}',
    )
  })

  test('reads the record that somebody else wrote', async () => {
    const store = make()
    const { get } = await site({ store }, countViews)
    store.records.set('known', '{"cookie":{"originalMaxAge":null,"expires":null,"path":"/"},"views":41}')
    expect((await get('/', { cookie: signedCookie('known') })).text).toBe('42')
  })
})

describe('a touch', () => {
  test('that the store gained after construction is not called', async () => {
    const store = new OwnStore()
    const { get } = await site({ store, resave: false })
    const first = await get()
    let touches = 0
    Object.assign(store, {
      touch: (_id: string, _session: unknown, callback: Callback) => callback(touches++),
    })
    await get('/', { cookie: first })
    expect(touches).toBe(0)
  })
})

describe('what is not saved', () => {
  test('is never asked of a store that answers only for what it knows', async () => {
    const store = new PickyStore()
    const { get } = await site({ store, saveUninitialized: false })
    const answer = await get()
    expect([answer.status, answer.cookies, store.records.size]).toEqual([200, [], 0])
  })
})

describe('a slow store', () => {
  test('delays the route until it has answered', async () => {
    const store = memory()
    const { get } = await site({ store }, countViews)
    const first = await get()
    const ordinary = store.get
    store.get = (id, callback) => void setTimeout(() => ordinary.call(store, id, callback), 40)
    const second = await get('/', { cookie: first })
    expect(second.text).toBe('2')
    expect(second.headersAfterMs).toBeGreaterThanOrEqual(35)
  })

  test('delays the end of an answer until it is touched', async () => {
    const store = memory()
    const { get } = await site({ store, resave: false }, (_request, response) => response.end('slow'))
    const first = await get()
    const ordinary = store.touch
    store.touch = (...asked) => void setTimeout(() => ordinary.apply(store, asked), 40)
    const second = await get('/', { cookie: first })
    expect(second.text).toBe('slow')
    expect(second.endAfterMs).toBeGreaterThanOrEqual(35)
  })
})

describe('requests at the same time', () => {
  test('of one visitor all see the session', async () => {
    const { get } = await site({ resave: false }, (request, response) => {
      if (request.url === '/first') request.session.name = 'Ada'
      setTimeout(() => response.end(String(request.session.name)), 5)
    })
    const first = await get('/first')
    const answers = await Promise.all(Array.from({ length: 10 }, () => get('/', { cookie: first })))
    expect(answers.map(answer => answer.text)).toEqual(Array.from({ length: 10 }, () => 'Ada'))
  })

  test('of many visitors get many sessions', async () => {
    const store = memory()
    const { get } = await site({ store }, countViews)
    const answers = await Promise.all(Array.from({ length: 20 }, () => get()))
    expect(new Set(answers.map(answer => idOf(answer))).size).toBe(20)
    expect(await lengthOf(store)).toBe(20)
  })
})

describe('two middlewares', () => {
  test('on one request: the second does nothing', async () => {
    const [first, second] = [memory(), memory()]
    const outer = sessions({ store: first })
    const inner = sessions({ store: second, name: 'inner' })
    const { get } = await siteOf(
      withErrorHandler((request, response, next) => {
        outer(request, response, error => (error ? next(error) : inner(request, response, next)))
      }, countViews),
    )
    const answer = await get()
    expect(answer.cookies.map(cookie => cookie.name)).toEqual(['connect.sid'])
    expect([await lengthOf(first), await lengthOf(second)]).toEqual([1, 0])
  })

  test('on two servers with one store share its sessions', async () => {
    const store = memory()
    const [one, other] = [await site({ store }, countViews), await site({ store }, countViews)]
    const first = await one.get()
    expect((await other.get('/', { cookie: first })).text).toBe('2')
  })
})

describe('the store on the request', () => {
  test('answers get with the session that was saved', async () => {
    const { get } = await site({}, ({ session, sessionStore }, response) => {
      session.name = 'Ada'
      session.save(() => {
        sessionStore.get(session.id, (error, record) => response.end(`${error ?? 'ok'} ${record?.name}`))
      })
    })
    expect((await get()).text).toBe('ok Ada')
  })

  test('generates a session when the application asks', async () => {
    const { get } = await site({}, (request, response) => {
      const before = request.sessionID
      request.sessionStore.generate(request)
      request.session.name = 'Ada'
      response.end(JSON.stringify([request.sessionID !== before, request.session.id === request.sessionID]))
    })
    const first = await get()
    expect(first.text).toBe('[true,true]')
    expect(cookieNamed(first)).toBeDefined()
  })

  test('saves the session that it generated', async () => {
    const store = memory()
    const { get } = await site({ store }, (request, response) => {
      request.sessionStore.generate(request)
      request.session.name = 'Ada'
      response.end()
    })
    expect(await stored(store, idOf(await get()))).toMatchObject({ name: 'Ada' })
  })

  test('destroys another session', async () => {
    const store = memory()
    const { get } = await site({ store }, (request, response) => {
      if (request.url === '/') return countViews(request, response)
      request.sessionStore.destroy(request.url.slice(1), error => response.end(error ? 'failed' : 'gone'))
    })
    const first = await get()
    const admin = await get()
    expect((await get(`/${idOf(first)}`, { cookie: admin })).text).toBe('gone')
    expect((await get('/', { cookie: first })).text).toBe('1')
  })
})

describe('createSession', () => {
  const record = {
    cookie: { originalMaxAge: 1000, expires: '2999-01-01T00:00:00.000Z', path: '/p' },
    name: 'Ada',
  }

  test('makes a session of a record, and puts it on the request', () => {
    const request = { sessionID: 'known' }
    const session = new subject.Store().createSession(request, structuredClone(record))
    expect(session).toBeInstanceOf(subject.Session)
    expect([session.id, session.name, Reflect.get(request, 'session') === session]).toEqual([
      'known',
      'Ada',
      true,
    ])
  })

  test('makes a Cookie of the stored one, with its date and its original age', () => {
    const { cookie } = new subject.Store().createSession({ sessionID: 'known' }, structuredClone(record))
    expect(cookie).toBeInstanceOf(subject.Cookie)
    expect([cookie.path, cookie.originalMaxAge]).toEqual(['/p', 1000])
    expect(cookie.expires).toEqual(new Date('2999-01-01'))
  })

  test('refuses a record without a cookie', () => {
    expect(() => new subject.Store().createSession({ sessionID: 'known' }, {})).toThrow(/^Cannot read prop/)
  })
})

describe('load', () => {
  test('answers with a session', async () => {
    const store = memory()
    store.set('known', { cookie: {}, name: 'Ada' })
    const session = await loaded(store, 'known')
    expect(session).toMatchObject({ id: 'known', name: 'Ada' })
    expect(session).toBeInstanceOf(subject.Session)
  })

  test('answers with nothing for an unknown id', async () => {
    expect(await loaded(memory(), 'unknown')).toBeUndefined()
  })

  test('hands on the error of get', async () => {
    const store = memory()
    store.get = (_id, callback) => callback(new Error('stuck'))
    expect(await loaded(store, 'known').catch(messageOf)).toBe('stuck')
  })

  function loaded(store: CallbackStore, id: string): Promise<unknown> {
    const { promise, resolve, reject } = deferred<unknown>()
    store.load(id, (error, session) => (error ? reject(error) : resolve(session)))
    return promise
  }
})

describe('an application with messages for the next page', () => {
  const flash: Route = (request, response) => {
    const waiting = Array.isArray(request.session.flash) ? request.session.flash : []
    request.session.flash = request.url === '/show' ? [] : [...waiting, request.url.slice(1)]
    response.end(request.url === '/show' ? waiting.join(',') : 'kept')
  }

  async function shown(first: Answer, get: (path: string, own: object) => Promise<Answer>): Promise<string> {
    return (await get('/show', { cookie: first })).text
  }

  test('shows each once', async () => {
    const { get } = await site({ resave: false }, flash)
    const first = await get('/hello')
    await get('/again', { cookie: first })
    expect([await shown(first, get), await shown(first, get)]).toEqual(['hello,again', ''])
  })
})

test('a session that is saved after its answer still reaches the store', async () => {
  const store = memory()
  const { get } = await site({ store }, ({ session }, response) => {
    response.end()
    setTimeout(() => {
      session.late = true
      session.save()
    }, 5)
  })
  const first = await get()
  await pause(30)
  expect(await stored(store, idOf(first))).toMatchObject({ late: true })
})
