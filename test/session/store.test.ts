import { EventEmitter } from 'node:events'
import { inherits } from 'node:util'
import session, { type CallbackStore, MemoryStore, Session, Store } from 'sojourn'
import DefaultStore, { Store as DeepStore } from 'sojourn/session/store'
import { afterEach, describe, expect, test } from 'vitest'
import { isReserved } from '../../src/core/data/codec.ts'
import { ScriptedStore } from '../stores/scripted-store.ts'
import { Gate } from '../support/gate.ts'
import { type SessionRequest, Web } from './web.ts'

const opened: Web[] = []

afterEach(async () => {
  await Promise.all(opened.splice(0).map(web => web.close()))
})

async function openWeb(store: object | undefined, options: object = {}): Promise<Web> {
  const given = store === undefined ? {} : { store: store as CallbackStore }
  const web = await new Web(session({ secret: 'of the test', ...given, ...options })).open()
  opened.push(web)
  return web
    .on('/look', ({ session }) => JSON.stringify(session))
    .on('/in', ({ session }) => {
      session.user = 'ada'
    })
}

describe('a store of one’s own', () => {
  test('extends the base class', () => {
    class Own extends Store {
      readonly answer = 42
    }
    const own = new Own()
    expect(own).toBeInstanceOf(Store)
    expect(own).toBeInstanceOf(EventEmitter)
    expect(own.answer).toBe(42)
  })

  test('inherits in the old way, and calls the base class without `new`', () => {
    function Old(this: EventEmitter, options: object) {
      Store.call(this, options)
    }
    inherits(Old as never, Store)
    const old = Reflect.construct(Old, [{}])
    let heard = 0
    old.on('connect', () => {
      heard += 1
    })
    old.emit('connect')
    expect([old instanceof Store, old instanceof EventEmitter, heard]).toEqual([true, true, 1])
    for (const name of ['regenerate', 'load', 'createSession']) expect(old[name]).toBeTypeOf('function')
  })

  test('inherits by its prototype alone', () => {
    function Older(this: EventEmitter) {
      Reflect.apply(Store as never, this, [{}])
    }
    Object.setPrototypeOf(Older.prototype, Store.prototype)
    const older = Reflect.construct(Older, [])
    older.on('disconnect', () => undefined)
    expect(older.listenerCount('disconnect')).toBe(1)
  })

  test('the base class is one, under each of its names', () => {
    expect([session.Store, DeepStore, DefaultStore]).toEqual([Store, Store, Store])
    expect(Object.keys(Store.prototype)).toEqual([])
  })

  test.each(['class', 'function'])('made in each way (%s) keeps sessions', async kind => {
    const sessions = new Map<string, string>()
    const verbs = {
      get: (id: string, answer: (error: unknown, data?: object) => void) =>
        setImmediate(answer, null, sessions.has(id) ? JSON.parse(sessions.get(id) ?? '') : undefined),
      set: (id: string, data: object, answer: () => void) => {
        sessions.set(id, JSON.stringify(data))
        setImmediate(answer)
      },
      destroy: (id: string, answer: () => void) => {
        sessions.delete(id)
        setImmediate(answer)
      },
    }
    function Old(this: EventEmitter) {
      Store.call(this)
    }
    inherits(Old as never, Store)
    const store = kind === 'class' ? new (class extends Store {})() : Reflect.construct(Old, [])
    const web = await openWeb(Object.assign(store, verbs))
    const { cookie } = await web.get('/in')
    expect(JSON.parse((await web.get('/look', cookie)).body).user).toBe('ada')
  })
})

describe('store.generate', () => {
  test('begins a new session for a request under way, in the place of its own', async () => {
    const store = new ScriptedStore()
    const web = await openWeb(store)
    const { cookie } = await web.get('/in')
    web.on('/new', request => {
      const before = request.sessionID
      request.sessionStore.generate(request as never)
      request.session.fresh = true
      return JSON.stringify([before, request.sessionID, request.session.id, request.session.user ?? null])
    })
    const reply = await web.get('/new', cookie)
    const [before, id, own, user] = JSON.parse(reply.body)
    expect([id === before, id === own, user]).toEqual([false, true, null])
    expect(store.stored(id)?.fresh).toBe(true)
    expect(store.stored(before)?.user).toBe('ada')
    expect(decodeURIComponent(reply.cookie)).toContain(`s:${id}.`)
  })

  test('makes a session for a stand-in, which stores nothing by itself', async () => {
    const store = new ScriptedStore()
    await openWeb(store, { cookie: { maxAge: 60_000, path: '/app' } })
    const request: any = {}
    ;(store as Store).generate(request)
    expect(request.sessionID).toMatch(/^[\w-]{32}$/)
    expect(request.session).toBeInstanceOf(Session)
    expect([request.session.id, request.sessionStore]).toEqual([request.sessionID, store])
    expect(request.session.cookie).toMatchObject({ path: '/app', originalMaxAge: 60_000 })
    expect(store.verbs).toEqual([])
    request.session.user = 'ada'
    await request.session.save()
    expect(store.stored(request.sessionID)).toMatchObject({ user: 'ada', cookie: { path: '/app' } })
  })

  test('serves a request under way also over the default store', async () => {
    const web = await openWeb(undefined)
    const { cookie } = await web.get('/in')
    web.on('/new', request => {
      request.sessionStore.generate(request as never)
      request.session.user = 'bob'
    })
    const { cookie: next } = await web.get('/new', cookie)
    expect(next).not.toBe(cookie)
    expect(JSON.parse((await web.get('/look', next)).body).user).toBe('bob')
  })
})

describe('store.regenerate', () => {
  test('leaves the request its session when that could not be destroyed, and says so', async () => {
    const store = new ScriptedStore()
    const web = await openWeb(store)
    const { cookie } = await web.get('/in')
    store.destroy = (_id: string, answer: (error: unknown) => void) => answer(new Error('down'))
    web.on('/again', async request => {
      const before = request.sessionID
      const error = await new Promise<unknown>(resolve => store.regenerate(request as never, resolve))
      return JSON.stringify([`${error}`, request.sessionID === before, typeof request.session])
    })
    expect(JSON.parse((await web.get('/again', cookie)).body)).toEqual(['Error: down', true, 'object'])
  })
})

describe.each([
  ['a store of one’s own', () => new ScriptedStore()],
  ['an exported MemoryStore', () => new MemoryStore()],
  ['the default store', () => undefined],
])('a session outside a request, over %s', (_name, makeStore) => {
  async function openLoaded() {
    const web = await openWeb(makeStore())
    let [store, id]: [any, string] = [undefined, '']
    web.on('/in', request => {
      request.session.user = 'ada'
      store = request.sessionStore
      id = request.sessionID
    })
    const { cookie } = await web.get('/in')
    const load = (): Promise<any> =>
      new Promise((found, fail) =>
        store.load(id, (error: unknown, loaded: unknown) => (error ? fail(error) : found(loaded))),
      )
    return { web, cookie, store, id, load }
  }

  async function dataOf(web: Web, cookie: string): Promise<any> {
    const { cookie: _cookie, ...data } = JSON.parse((await web.get('/look', cookie)).body)
    return data
  }

  test('has the data, the id and the cookie', async () => {
    const { load, id, store } = await openLoaded()
    const loaded = await load()
    expect(loaded).toBeInstanceOf(Session)
    expect([loaded.user, loaded.id, Object.keys(loaded)]).toEqual(['ada', id, ['cookie', 'user']])
    expect([loaded.req.sessionID, loaded.req.sessionStore]).toEqual([id, store])
    expect(JSON.parse(JSON.stringify(loaded)).cookie).toMatchObject({ path: '/', httpOnly: true })
  })

  test('is nothing when there is none under the id', async () => {
    const { store } = await openLoaded()
    const answer = await new Promise(resolve => store.load('nobody', (...args: unknown[]) => resolve(args)))
    expect((answer as unknown[]).slice(0, 2).every(value => value === undefined || value === null)).toBe(true)
  })

  test('is stored by `save`, with a promise or with a callback', async () => {
    const { load, web, cookie } = await openLoaded()
    const loaded = await load()
    loaded.a = 1
    await loaded.save()
    loaded.b = 2
    await new Promise<void>((resolve, reject) => {
      expect(loaded.save((error: unknown) => (error ? reject(error) : resolve()))).toBe(loaded)
    })
    expect(await dataOf(web, cookie)).toEqual({ user: 'ada', a: 1, b: 2 })
  })

  test('keeps the attributes of the cookie that it was stored with', async () => {
    const { load, store, id } = await openLoaded()
    const stored = {
      originalMaxAge: null,
      expires: null,
      secure: true,
      httpOnly: true,
      path: '/',
      sameSite: 'lax',
    }
    const { get } = store
    store.get = (_id: string, answer: (error: unknown, data: object) => void) =>
      answer(null, { cookie: stored, user: 'ada' })
    const loaded = await load()
    store.get = get
    expect([JSON.parse(JSON.stringify(loaded)).cookie, loaded.id]).toEqual([stored, id])
  })

  test('is read again by `reload`, on its stand-in of a request', async () => {
    const { load, web, cookie } = await openLoaded()
    const loaded = await load()
    await web.on('/write', ({ session }) => void (session.x = 1)).get('/write', cookie)
    expect(loaded.x).toBeUndefined()
    await loaded.reload()
    expect(loaded.req.session.x).toBe(1)
  })

  test('cannot be read again once it has ended', async () => {
    const { load } = await openLoaded()
    const loaded = await load()
    await loaded.destroy()
    await expect(loaded.reload()).rejects.toThrow('failed to load session')
    const error = await new Promise(resolve => loaded.reload(resolve))
    expect(error).toMatchObject({ message: 'failed to load session' })
  })

  test('is ended by `destroy`', async () => {
    const { load, web, cookie } = await openLoaded()
    const loaded = await load()
    await loaded.destroy()
    expect(loaded.req.session).toBeUndefined()
    expect(await dataOf(web, cookie)).toEqual({})
  })

  test('ended by `destroy`, it is not brought back by a slow request', async () => {
    const { load, web, cookie } = await openLoaded()
    const [begun, gate] = [new Gate(), new Gate()]
    const answer = web
      .on('/slow', async ({ session }) => {
        void session.user
        begun.open()
        await gate.passed
        session.x = 1
      })
      .get('/slow', cookie)
    await begun.passed
    await (await load()).destroy()
    gate.open()
    await answer
    expect(await dataOf(web, cookie)).toEqual({})
  })

  test('does not come back by its own `save` once a request has logged out', async () => {
    const { load, web, cookie } = await openLoaded()
    const loaded = await load()
    await web.on('/out', ({ session }) => session.destroy()).get('/out', cookie)
    loaded.x = 1
    await loaded.save().catch(() => undefined)
    expect(await dataOf(web, cookie)).toEqual({})
  })

  test('is followed by another through `regenerate`', async () => {
    const { load, web, cookie, id } = await openLoaded()
    const loaded = await load()
    const { req } = loaded
    await loaded.regenerate()
    expect(req.session).toBeInstanceOf(Session)
    expect(req.session.user).toBeUndefined()
    expect([req.sessionID === id, req.session.id === req.sessionID]).toEqual([false, true])
    expect(await dataOf(web, cookie)).toEqual({})
    req.session.user = 'bob'
    await req.session.save()
    expect(
      (await new Promise<any>(r => req.sessionStore.get(req.sessionID, (_e: unknown, s: any) => r(s)))).user,
    ).toBe('bob')
  })

  test('stores nothing by itself', async () => {
    const { load, web, cookie } = await openLoaded()
    const loaded = await load()
    loaded.x = 1
    loaded.touch()
    await new Promise(resolve => setImmediate(resolve))
    expect(await dataOf(web, cookie)).toEqual({ user: 'ada' })
  })

  test('a dropped promise of one that fails ends no process', async () => {
    const { load, store } = await openLoaded()
    const loaded = await load()
    store.set = (_id: string, _session: unknown, done: (error: unknown) => void) => done(new Error('down'))
    store.destroy = (_id: string, done: (error: unknown) => void) => done(new Error('down'))
    const unhandled: unknown[] = []
    const note = (error: unknown) => unhandled.push(error)
    process.on('unhandledRejection', note)
    void loaded.save()
    void loaded.regenerate()
    void loaded.destroy()
    await new Promise(resolve => setTimeout(resolve, 20))
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })

  test('a verb that throws fails the call', async () => {
    const { load, store } = await openLoaded()
    const loaded = await load()
    store.get =
      store.set =
      store.destroy =
        () => {
          throw new Error('down')
        }
    for (const call of ['save', 'reload', 'regenerate', 'destroy']) {
      expect(loaded.req.sessionID).toBe(loaded.id)
      await expect(loaded[call]()).rejects.toThrow('down')
    }
  })
})

/** Every name that Sojourn's sessions have and express-session's do not. */
const newNames = Object.getOwnPropertyNames(Session.prototype).filter(
  name => !isReserved(name) && name !== 'constructor',
)

/** @see issue 13, point 8 */
describe.each<[string, () => object | undefined]>([
  ['written for express-session', () => new ScriptedStore()],
  ['of the class MemoryStore', () => new MemoryStore()],
  ['of Sojourn’s own', () => undefined],
])('with a store %s', (_kind, makeStore) => {
  test.each(newNames)('an application’s own `%s` is data', async name => {
    const store = makeStore()
    const web = await openWeb(store, { cookie: { maxAge: 60_000 }, rolling: true })
    web.on('/set', ({ session }) => void Object.assign(session, { user: 'ada', [name]: { of: 'the shop' } }))
    web.on('/change', ({ session }) => void Object.assign(session, { [name]: 'changed' }))
    web.on('/load', async request => {
      const loaded = await loadedBy(request)
      Object.assign(loaded, { [name]: 'by hand' })
      await loaded.save()
      return JSON.stringify(loaded)
    })
    const { cookie, status } = await web.get('/set')
    expect(status).toBe(200)
    expect(JSON.parse((await web.get('/look', cookie)).body)).toMatchObject({ [name]: { of: 'the shop' } })
    if (store instanceof ScriptedStore) expect(store.verbs).toContain('touch')
    await web.get('/change', cookie)
    if (store === undefined) return
    const { body } = await web.get('/load', cookie)
    expect(JSON.parse(body)).toMatchObject({ user: 'ada', [name]: 'by hand' })
    expect(JSON.parse((await web.get('/look', cookie)).body)).toMatchObject({ [name]: 'by hand' })
  })

  test.each(newNames)('`store.load` answers a session that has an own `%s`', async name => {
    const web = await openWeb(makeStore())
    web.on('/set', ({ session }) => void Object.assign(session, { [name]: 'of the shop' }))
    web.on('/load', async request => JSON.stringify(await loadedBy(request)))
    const { cookie } = await web.get('/set')
    expect(JSON.parse((await web.get('/load', cookie)).body)).toMatchObject({ [name]: 'of the shop' })
  })
})

/** @see issue 13, point 6 */
describe.each<[string, () => object | undefined]>([
  ['written for express-session', () => new ScriptedStore()],
  ['of the class MemoryStore', () => new MemoryStore()],
  ['of Sojourn’s own', () => undefined],
])('`regenerate({ keep })` with a store %s', (_kind, makeStore) => {
  async function openKeeping(): Promise<{ readonly web: Web; readonly cookie: string }> {
    const web = await openWeb(makeStore())
    web.on('/fill', ({ session }) => void Object.assign(session, { user: 'ada', cart: [1], seen: 2 }))
    web.on('/promise', ({ session }) => session.regenerate({ keep: ['cart', 'none'] }))
    web.on('/callback', (request, response) => {
      request.session.regenerate({ keep: ['cart', 'none'] }, error => response.end(String(error)))
    })
    web.on('/all', ({ session }) => session.regenerate())
    web.on('/list', ({ session }) => session.regenerate(['cart'] as never))
    return { web, cookie: (await web.get('/fill')).cookie }
  }

  test.each(['/promise', '/callback'])('carries over what it names, and nothing else: %s', async path => {
    const { web, cookie } = await openKeeping()
    const { cookie: next, status } = await web.get(path, cookie)
    expect([status, next === '', next === cookie]).toEqual([200, false, false])
    const { cookie: _, ...kept } = JSON.parse((await web.get('/look', next)).body)
    expect(kept).toEqual({ cart: [1] })
    expect(JSON.parse((await web.get('/look', cookie)).body)).not.toHaveProperty('cart')
  })

  test('carries over nothing where it names nothing, and refuses what is no option', async () => {
    const { web, cookie } = await openKeeping()
    expect((await web.get('/list', cookie)).body).toMatch(/^OPTION_INVALID/)
    const { cookie: next } = await web.get('/all', cookie)
    expect(Object.keys(JSON.parse((await web.get('/look', next)).body))).toEqual(['cookie'])
  })

  test('works for a session that was loaded by its id', async () => {
    const { web, cookie } = await openKeeping()
    web.on('/load', async request => {
      const loaded = await loadedBy(request)
      await loaded.regenerate({ keep: ['cart'] })
      return JSON.stringify((loaded.req as SessionRequest).session)
    })
    const { cookie: _, ...kept } = JSON.parse((await web.get('/load', cookie)).body)
    expect(kept).toEqual({ cart: [1] })
  })
})

test('`regenerate({ keep })` brings nothing back of a session that another request has ended', async () => {
  const web = await openWeb(new ScriptedStore())
  const arrived = new Gate()
  const hasEnded = new Gate()
  web.on('/fill', ({ session }) => void Object.assign(session, { cart: [1] }))
  web.on('/out', ({ session }) => session.destroy())
  web.on('/keep', async ({ session }) => {
    expect(session.cart).toEqual([1])
    arrived.open()
    await hasEnded.passed
    return session.regenerate({ keep: ['cart'] })
  })
  const { cookie } = await web.get('/fill')
  const keeping = web.get('/keep', cookie)
  await arrived.passed
  await web.get('/out', cookie)
  hasEnded.open()
  expect((await keeping).cookie).not.toMatch(/=s%3A/)
})

test('`store.load` tells its callback of data that is no session', async () => {
  const store = new ScriptedStore()
  store.sessions.set('an-id', '{"user":"ada"}')
  store.hold('get')
  const told: unknown[] = []
  store.load('an-id', (...answer) => told.push(answer))
  const asked = await store.called('get')
  expect(() => asked.answer()).not.toThrow()
  expect(told).toEqual([[expect.objectContaining({ code: 'RECORD_CORRUPT' })]])
})

function loadedBy({ sessionStore, sessionID }: SessionRequest): Promise<SessionRequest['session']> {
  return new Promise((resolve, reject) => {
    sessionStore.load(sessionID, (error, loaded) => {
      if (loaded === undefined) reject(error)
      else resolve(loaded as SessionRequest['session'])
    })
  })
}
