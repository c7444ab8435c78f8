import session, { type CompleteStore, memoryStore, type SessionOptions, Store } from 'sojourn'
import { afterEach, describe, expect, test } from 'vitest'
import { Gate } from '../support/gate.ts'
import { type SessionRequest, Web } from './web.ts'

const opened: Web[] = []

afterEach(async () => {
  await Promise.all(opened.splice(0).map(web => web.close()))
})

/** A server over a store of Sojourn's, one visitor who has signed in, and what the visitor's `req.sessionStore` is. */
async function open(options: SessionOptions = {}) {
  const web = await new Web(session({ secret: 'of the test', ...options })).open()
  opened.push(web)
  let visitor: { readonly store: CompleteStore; readonly id: string } | undefined
  web
    .on('/look', ({ session }) => JSON.stringify(session))
    .on('/in', ({ session, sessionStore: store, sessionID: id }: SessionRequest) => {
      session.user = 'ada'
      visitor = { store, id }
    })
    .on('/out', ({ session }) => session.destroy())
  const { cookie } = await web.get('/in')
  return { web, cookie, ...visitor! }
}

function ask(store: CompleteStore, verb: string, ...args: readonly unknown[]): Promise<any> {
  return new Promise((resolve, reject) => {
    Reflect.get(store, verb).call(store, ...args, (error: unknown, value: unknown) =>
      error ? reject(error) : resolve(value),
    )
  })
}

async function userOf(web: Web, cookie: string): Promise<unknown> {
  return JSON.parse((await web.get('/look', cookie)).body).user
}

describe('req.sessionStore over a store of Sojourn’s', () => {
  test('is a Store, whose `regenerate`, `load` and `createSession` are there', async () => {
    const { store } = await open()
    expect(store).toBeInstanceOf(Store)
    for (const name of [
      'get',
      'set',
      'destroy',
      'touch',
      'all',
      'length',
      'clear',
      'load',
      'generate',
      'regenerate',
    ]) {
      expect(Reflect.get(store, name)).toBeTypeOf('function')
    }
  })

  test('finds a session by its id, with a cookie as express-session’s stores answer it', async () => {
    const { store, id } = await open({ cookie: { maxAge: 60_000 } })
    const found = await ask(store, 'get', id)
    expect(found).toMatchObject({
      user: 'ada',
      cookie: { originalMaxAge: 60_000, path: '/', httpOnly: true },
    })
    expect(new Date(found.cookie.expires).getTime()).toBeGreaterThan(Date.now() + 50_000)
  })

  test('answers with the configured attributes of the cookie', async () => {
    const cookie = { path: '/app', httpOnly: false, sameSite: 'lax', secure: false } as const
    const web = await new Web(session({ secret: 'of the test', cookie })).open()
    opened.push(web)
    let found: any
    web.on('/app/in', async request => {
      request.session.user = 'ada'
      await request.session.save()
      found = await ask(request.sessionStore, 'get', request.session.id)
    })
    await web.get('/app/in')
    expect(found.cookie).toMatchObject(cookie)
  })

  test('answers nothing for an id that there is not', async () => {
    const { store } = await open()
    for (const id of ['', 'nobody', '__proto__']) expect(await ask(store, 'get', id)).toBeUndefined()
  })

  test('answers nothing for a handle: what can be printed is no id', async () => {
    const { store } = await open()
    const [handle] = Object.keys(await ask(store, 'all'))
    expect(await ask(store, 'get', handle)).toBeUndefined()
  })

  test('overwrites a session, and the next request sees it', async () => {
    const { store, id, web, cookie } = await open()
    const found = await ask(store, 'get', id)
    await ask(store, 'set', id, { ...found, user: 'bob' })
    expect(await userOf(web, cookie)).toBe('bob')
  })

  test('keeps a session that was not there, under its id', async () => {
    const { store } = await open()
    await ask(store, 'set', 'made-by-hand', { cookie: { originalMaxAge: 1000 }, user: 'cyd' })
    expect(await ask(store, 'get', 'made-by-hand')).toMatchObject({
      user: 'cyd',
      cookie: { originalMaxAge: 1000 },
    })
  })

  test('ends a session, and the next request has none', async () => {
    const { store, id, web, cookie } = await open()
    await ask(store, 'destroy', id)
    expect(await userOf(web, cookie)).toBeUndefined()
    await ask(store, 'destroy', id)
  })

  test('ends a session for a request under way too', async () => {
    const { store, id, web, cookie } = await open()
    const [begun, gate] = [new Gate(), new Gate()]
    web.on('/slow', async ({ session }) => {
      void session.user
      begun.open()
      await gate.passed
      session.x = 1
    })
    const answer = web.get('/slow', cookie)
    await begun.passed
    await ask(store, 'destroy', id)
    gate.open()
    expect((await answer).cookie).toBe('')
    expect(await ask(store, 'get', id)).toBeUndefined()
  })

  test('an overwrite does not undo what a request under way changes, nor the other way round', async () => {
    const { store, id, web, cookie } = await open()
    const [begun, gate] = [new Gate(), new Gate()]
    web.on('/slow', async ({ session }) => {
      void session.user
      begun.open()
      await gate.passed
      session.x = 1
    })
    const answer = web.get('/slow', cookie)
    await begun.passed
    const found = await ask(store, 'get', id)
    await ask(store, 'set', id, { ...found, y: 2 })
    gate.open()
    await answer
    expect(await ask(store, 'get', id)).toMatchObject({ user: 'ada', x: 1, y: 2 })
  })

  test('a touch prolongs, changes no data, and brings nothing back', async () => {
    const { store, id, web, cookie } = await open({ cookie: { maxAge: 60_000 } })
    const found = await ask(store, 'get', id)
    await ask(store, 'touch', id, { ...found, user: 'eve' })
    expect(await userOf(web, cookie)).toBe('ada')
    await ask(store, 'destroy', id)
    await ask(store, 'touch', id, found)
    expect(await ask(store, 'get', id)).toBeUndefined()
  })

  test('lists sessions by their handles, counts them and clears them', async () => {
    const { store, id, web, cookie } = await open()
    await web.get('/in')
    const sessions = await ask(store, 'all')
    expect(Object.values(sessions).map((one: any) => one.user)).toEqual(['ada', 'ada'])
    expect(Object.keys(sessions)).not.toContain(id)
    expect(await ask(store, 'length')).toBe(2)
    await ask(store, 'clear')
    expect([await ask(store, 'length'), await userOf(web, cookie)]).toEqual([0, undefined])
  })

  test('needs no callback where there is nothing to answer, and a failure of such a call ends no process', async () => {
    const { store, id } = await open()
    const any: any = store
    any.set(id, { cookie: {}, big: 1n })
    any.touch(id, { cookie: {} })
    any.destroy(id)
    any.clear()
    await new Promise(resolve => setTimeout(resolve, 5))
    expect(await ask(store, 'length')).toBe(0)
  })

  test('what cannot be stored is an error of the call', async () => {
    const { store, id } = await open()
    await expect(ask(store, 'set', id, { cookie: {}, big: 1n })).rejects.toMatchObject({
      code: 'VALUE_UNSUPPORTED',
    })
    await expect(ask(store, 'set', id, null)).rejects.toBeInstanceOf(Error)
    expect((await ask(store, 'get', id)).user).toBe('ada')
  })

  test('what a callback throws is the application’s, and no second answer', async () => {
    const { store, id } = await open()
    const thrown = new Promise(resolve => process.once('uncaughtException', resolve))
    const listeners = process.listeners('uncaughtException')
    for (const listener of listeners.slice(0, -1)) process.off('uncaughtException', listener)
    let answers = 0
    store.get(id, () => {
      answers += 1
      throw new Error('of the callback')
    })
    expect(await thrown).toMatchObject({ message: 'of the callback' })
    for (const listener of listeners.slice(0, -1)) process.on('uncaughtException', listener)
    expect(answers).toBe(1)
  })

  test('a store that cannot list says so', async () => {
    const inner = memoryStore()
    const store = {
      name: 'plain',
      create: inner.create.bind(inner),
      load: inner.load.bind(inner),
      replace: inner.replace.bind(inner),
      touch: inner.touch.bind(inner),
      delete: inner.delete.bind(inner),
    }
    const opened = await open({ store: store as never })
    await expect(ask(opened.store, 'all')).rejects.toThrow('the plain store, which cannot')
    expect((await ask(opened.store, 'get', opened.id)).user).toBe('ada')
  })
})
