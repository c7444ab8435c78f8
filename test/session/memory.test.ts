import { inherits } from 'node:util'
import session, { MemoryStore, Store } from 'sojourn'
import DefaultMemoryStore, { MemoryStore as DeepMemoryStore } from 'sojourn/session/memory'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Web } from './web.ts'

const opened: Web[] = []

afterEach(async () => {
  vi.useRealTimers()
  await Promise.all(opened.splice(0).map(web => web.close()))
})

async function openWeb(store: MemoryStore, options: object = {}): Promise<Web> {
  const web = await new Web(session({ secret: 'of the test', store, ...options })).open()
  opened.push(web)
  return web
    .on('/look', ({ session }) => JSON.stringify(session))
    .on('/in', ({ session }) => void (session.user = 'ada'))
    .on('/out', ({ session }) => session.destroy())
    .on('/id', ({ sessionID }) => sessionID)
}

/** Calls a verb, and answers what it calls back with. */
function ask(store: MemoryStore, verb: string, ...args: readonly unknown[]): Promise<any> {
  return new Promise((resolve, reject) => {
    Reflect.get(store, verb).call(store, ...args, (error: unknown, value: unknown) =>
      error ? reject(error) : resolve(value),
    )
  })
}

function sessionOf(data: object, expires?: Date): any {
  return { cookie: { originalMaxAge: null, expires: expires ?? null, path: '/' }, ...data }
}

describe('the exported MemoryStore', () => {
  test('is one under each of its names, and a Store', () => {
    expect([session.MemoryStore, DeepMemoryStore, DefaultMemoryStore]).toEqual([
      MemoryStore,
      MemoryStore,
      MemoryStore,
    ])
    expect(new MemoryStore()).toBeInstanceOf(Store)
  })

  test('keeps, finds, lists, counts, ends and clears sessions by their ids', async () => {
    const store = new MemoryStore()
    await ask(store, 'set', 'a', sessionOf({ user: 'ada' }))
    await ask(store, 'set', 'b', sessionOf({ user: 'bob' }))
    expect(await ask(store, 'get', 'a')).toEqual(sessionOf({ user: 'ada' }))
    expect(await ask(store, 'all')).toEqual({ a: sessionOf({ user: 'ada' }), b: sessionOf({ user: 'bob' }) })
    expect(await ask(store, 'length')).toBe(2)
    await ask(store, 'destroy', 'a')
    expect([await ask(store, 'get', 'a'), await ask(store, 'length')]).toEqual([undefined, 1])
    await ask(store, 'clear')
    expect(await ask(store, 'all')).toEqual({})
  })

  test('answers later, never before the call has returned', async () => {
    const store = new MemoryStore()
    let isBack = false
    const answered = ask(store, 'get', 'a').then(() => expect(isBack).toBe(true))
    store.get('a', () => expect(isBack).toBe(true))
    isBack = true
    await answered
  })

  test('needs no callback where there is nothing to answer', () => {
    const store: any = new MemoryStore()
    store.set('a', sessionOf({}))
    store.touch('a', sessionOf({}))
    store.destroy('a')
    store.clear()
  })

  test('keeps no reference: what is changed afterwards is not in the store', async () => {
    const store = new MemoryStore()
    const given = sessionOf({ list: [1] })
    await ask(store, 'set', 'a', given)
    given.list.push(2)
    const found = await ask(store, 'get', 'a')
    found.list.push(3)
    expect((await ask(store, 'get', 'a')).list).toEqual([1])
  })

  test('forgets a session whose cookie has expired, and does not list or count it', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const store = new MemoryStore()
    await ask(store, 'set', 'a', sessionOf({}, new Date(Date.now() - 1)))
    expect([await ask(store, 'get', 'a'), await ask(store, 'all'), await ask(store, 'length')]).toEqual([
      undefined,
      {},
      0,
    ])
  })

  test('a touch moves the cookie, leaves the data, and brings nothing back', async () => {
    const store = new MemoryStore()
    const later = new Date(Date.now() + 60_000)
    await ask(store, 'set', 'a', sessionOf({ user: 'ada' }))
    await ask(store, 'touch', 'a', sessionOf({ user: 'eve' }, later))
    await ask(store, 'touch', 'gone', sessionOf({ user: 'eve' }))
    expect(await ask(store, 'get', 'a')).toMatchObject({
      user: 'ada',
      cookie: { expires: later.toISOString() },
    })
    expect(await ask(store, 'length')).toBe(1)
  })

  test.each(['__proto__', 'constructor', 'toString', ''])('the id %j is an id like any other', async id => {
    const store = new MemoryStore()
    expect(await ask(store, 'get', id)).toBeUndefined()
    await ask(store, 'set', id, sessionOf({ user: 'ada' }))
    expect((await ask(store, 'get', id)).user).toBe('ada')
    expect(Object.keys(await ask(store, 'all'))).toEqual([id])
    expect(({} as { user?: string }).user).toBeUndefined()
  })

  test.each(['cookie', 'nothing', 'null'])('a session whose cookie is %s is kept', async kind => {
    const store = new MemoryStore()
    const data = { cookie: { user: 1, cookie: {} }, nothing: { user: 1 }, null: { user: 1, cookie: null } }[
      kind
    ]
    await ask(store, 'set', 'a', data)
    expect((await ask(store, 'get', 'a')).user).toBe(1)
  })

  test('a date as text is a date', async () => {
    const store = new MemoryStore()
    const cookie = { expires: new Date(Date.now() - 1).toISOString(), originalMaxAge: 1 }
    await ask(store, 'set', 'a', { cookie })
    expect(await ask(store, 'get', 'a')).toBeUndefined()
  })

  test('what cannot be written as JSON is an error of the call, as with express-session', () => {
    const store: any = new MemoryStore()
    expect(() => store.set('a', sessionOf({ big: 1n }))).toThrow(TypeError)
    const kept = sessionOf({ user: 'ada' })
    store.set('a', kept)
    expect(() => store.set('a', sessionOf({ big: 1n }))).toThrow(TypeError)
  })

  test('a write that fails leaves what was there', async () => {
    const store: any = new MemoryStore()
    await ask(store, 'set', 'a', sessionOf({ user: 'ada' }))
    expect(() => store.set('a', sessionOf({ big: 1n }))).toThrow(TypeError)
    expect((await ask(store, 'get', 'a'))?.user).toBe('ada')
  })
})

describe('a MemoryStore behind the middleware', () => {
  test('keeps sessions under their ids', async () => {
    const store = new MemoryStore()
    const web = await openWeb(store)
    const { cookie } = await web.get('/in')
    const { body: id } = await web.get('/id', cookie)
    expect(Object.keys(await ask(store, 'all'))).toEqual([id])
    expect((await ask(store, 'get', id)).user).toBe('ada')
  })

  test('what the application does to it directly counts', async () => {
    const store = new MemoryStore()
    const web = await openWeb(store)
    const { cookie } = await web.get('/in')
    const { body: id } = await web.get('/id', cookie)
    await ask(store, 'set', id, sessionOf({ user: 'bob' }))
    expect(JSON.parse((await web.get('/look', cookie)).body).user).toBe('bob')
    await ask(store, 'clear')
    expect(JSON.parse((await web.get('/look', cookie)).body).user).toBeUndefined()
  })

  test('a verb that was replaced on the instance is the one that is called', async () => {
    const store = new MemoryStore()
    const web = await openWeb(store)
    const { cookie } = await web.get('/in')
    store.get = (_id, answer) => answer(new Error('replaced'))
    expect((await web.get('/look', cookie)).status).toBe(503)
    const { set } = MemoryStore.prototype
    const written: string[] = []
    store.set = (id, session, done) => {
      written.push(id)
      setTimeout(() => set.call(store, id, session, done), 30)
    }
    const started = Date.now()
    await web.get('/in')
    expect([written.length, Date.now() - started >= 29]).toEqual([1, true])
  })

  test.each(['class', 'function'])('a subclass (%s) has its own verbs called', async kind => {
    const called: string[] = []
    class Modern extends MemoryStore {
      override set(id: string, session: any, done?: any): void {
        called.push('set')
        super.set(id, session, done)
      }
    }
    function Old(this: MemoryStore) {
      MemoryStore.call(this)
    }
    inherits(Old as never, MemoryStore)
    Old.prototype.set = function (this: MemoryStore, ...args: [string, any, any]) {
      called.push('set')
      MemoryStore.prototype.set.apply(this, args)
    }
    const store: MemoryStore = kind === 'class' ? new Modern() : Reflect.construct(Old, [])
    const web = await openWeb(store)
    const { cookie } = await web.get('/in')
    expect(JSON.parse((await web.get('/look', cookie)).body).user).toBe('ada')
    expect(called).toEqual(['set'])
  })

  test('a session ends with its cookie, and is prolonged by each visit', async () => {
    const store = new MemoryStore()
    const web = await openWeb(store, { cookie: { maxAge: 150 } })
    const { cookie } = await web.get('/in')
    for (let times = 0; times < 3; times += 1) {
      await new Promise(resolve => setTimeout(resolve, 80))
      expect(JSON.parse((await web.get('/look', cookie)).body).user).toBe('ada')
    }
    await new Promise(resolve => setTimeout(resolve, 170))
    expect(JSON.parse((await web.get('/look', cookie)).body).user).toBeUndefined()
  })

  test('no warning is printed in production, because it does not leak', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    vi.stubEnv('NODE_ENV', 'production')
    await openWeb(new MemoryStore())
    expect(warn).not.toHaveBeenCalled()
    vi.unstubAllEnvs()
    warn.mockRestore()
  })
})
