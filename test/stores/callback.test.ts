import { EventEmitter } from 'node:events'
import session, { type CallbackStore, type SessionOptions } from 'sojourn'
import { fakeClock } from 'sojourn/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { Signer } from '../../src/core/cookies/secret-signer.ts'
import { anonymous } from '../../src/core/record/standing.ts'
import { callbackStore } from '../../src/stores/callback.ts'
import { type Reply, type Route, Web } from '../session/web.ts'
import { Gate } from '../support/gate.ts'
import { ScriptedStore } from './scripted-store.ts'

const secret = 'a secret of the test'
const day = 86_400_000
const opened: Web[] = []

afterEach(async () => {
  await Promise.all(opened.splice(0).map(web => web.close()))
})

async function openWeb(store: object, options: SessionOptions = {}): Promise<Web> {
  const web = await new Web(session({ secret, store: store as CallbackStore, ...options })).open()
  opened.push(web)
  return web.on('/look', ({ session }) => JSON.stringify(session))
}

/** A store with one session in it, a server over it, and the cookie of the visitor whom the session belongs to. */
async function open(options: SessionOptions = {}, data: object = {}) {
  const store = new ScriptedStore()
  store.sessions.set('ada', recordWith(data))
  return { store, cookie: cookieOf('ada'), web: await openWeb(store, options) }
}

function recordWith(data: object): string {
  const cookie = { originalMaxAge: null, expires: null, httpOnly: true, path: '/' }
  return JSON.stringify({ cookie, user: 'ada', ...data })
}

function cookieOf(id: string): string {
  return `connect.sid=${encodeURIComponent(new Signer([secret]).sign(id))}`
}

/** A route that waits, once it has looked at the session, for the test to let it go on. */
function slow(act: Route): { readonly route: Route; readonly begun: Promise<void>; goOn(): void } {
  const [begun, gate] = [new Gate(), new Gate()]
  const route: Route = async (request, response) => {
    void request.session.user
    begun.open()
    await gate.passed
    return act(request, response)
  }
  return { route, begun: begun.passed, goOn: () => gate.open() }
}

function setting(name: string, value: unknown): Route {
  return ({ session }) => {
    session[name] = value
  }
}

describe('what a store is handed', () => {
  const now = Date.UTC(2030, 0, 1)
  const clock = fakeClock(now)

  test('a new session is written as express-session writes it, byte for byte', async () => {
    const store = new ScriptedStore()
    const web = await openWeb(store, { clock })
    await web.on('/write', setting('views', 1)).get('/write')
    expect(store.of('set')[0]?.written).toBe(
      '{"cookie":{"originalMaxAge":null,"expires":null,"httpOnly":true,"path":"/"},"views":1}',
    )
  })

  test('every attribute of the cookie is written, in the order of express-session', async () => {
    const store = new ScriptedStore()
    const cookie = { sameSite: 'lax', path: '/', domain: 'a.test', httpOnly: false, secure: false } as const
    const all = { ...cookie, maxAge: day, priority: 'high', partitioned: false } as const
    const web = await openWeb(store, { clock, cookie: all })
    await web.on('/write', setting('views', 1)).get('/write')
    expect(store.of('set')[0]?.written).toBe(
      `{"cookie":{"originalMaxAge":86400000,"partitioned":false,"priority":"high","expires":"2030-01-02T00:00:00.000Z","secure":false,"httpOnly":false,"domain":"a.test","path":"/","sameSite":"lax"},"views":1}`,
    )
  })

  test('a stored session is written back with its own lifetime and the order of its data', async () => {
    const { store, web, cookie } = await open({ clock, cookie: { maxAge: day } })
    const lifetime = { originalMaxAge: 60_000, expires: new Date(now + 1000), httpOnly: true, path: '/' }
    store.sessions.set('ada', JSON.stringify({ cookie: lifetime, z: 1, a: { deep: [1, null] }, user: 'ada' }))
    await web.on('/write', setting('a', { deep: [2] })).get('/write', cookie)
    expect(store.of('set')[0]?.written).toBe(
      '{"cookie":{"originalMaxAge":60000,"expires":"2030-01-01T00:01:00.000Z","httpOnly":true,"path":"/"},"z":1,"a":{"deep":[2]},"user":"ada"}',
    )
  })

  test('a touch hands over the session with its cookie renewed', async () => {
    const { store, web, cookie } = await open({ clock })
    const lifetime = { originalMaxAge: 60_000, expires: new Date(now + 1000), httpOnly: true, path: '/' }
    store.sessions.set('ada', JSON.stringify({ cookie: lifetime, user: 'ada' }))
    await web.get('/look', cookie)
    expect(store.verbs).toEqual(['get', 'touch'])
    expect(store.of('touch')[0]?.written).toBe(
      '{"cookie":{"originalMaxAge":60000,"expires":"2030-01-01T00:01:00.000Z","httpOnly":true,"path":"/"},"user":"ada"}',
    )
  })

  test('ids are used as they are, so that sessions written by express-session are found', async () => {
    const { store, web, cookie } = await open()
    expect(JSON.parse((await web.get('/look', cookie)).body)).toMatchObject({ user: 'ada' })
    expect(store.of('get')[0]?.id).toBe('ada')
  })

  test('undefined, functions and Dates are written as JSON writes them', async () => {
    const { store, web, cookie } = await open({ clock })
    const odd = { none: undefined, call: () => 1, at: new Date(now), nan: Number.NaN }
    await web.on('/write', setting('odd', odd)).get('/write', cookie)
    expect(store.stored('ada')?.odd).toEqual({ at: '2030-01-01T00:00:00.000Z', nan: null })
  })

  test('it has the cookie, the id and the request, as stores read them', async () => {
    const { store, web, cookie } = await open({ cookie: { maxAge: day } })
    const seen: unknown[] = []
    store.set = (id, session: any, done: () => void) => {
      seen.push(id, session.id, session.cookie.expires instanceof Date, session.cookie.maxAge > 0)
      seen.push(
        typeof session.req.url,
        Object.keys(session),
        'user' in session,
        session.cookie.originalMaxAge,
      )
      done()
    }
    store.sessions.set(
      'ada',
      recordWith({ cookie: { originalMaxAge: day, expires: new Date(Date.now() + day) } }),
    )
    await web.on('/write', setting('x', 1)).get('/write', cookie)
    expect(seen).toEqual(['ada', 'ada', true, true, 'string', ['cookie', 'user', 'x'], true, day])
  })

  test('it can be cloned, as stores that keep values do', async () => {
    const { store, web, cookie } = await open()
    const clones: unknown[] = []
    store.set = (_id, session, done: (error?: unknown) => void) => {
      clones.push(structuredClone(session))
      done()
    }
    const reply = await web.on('/write', setting('x', 1)).get('/write', cookie)
    expect(reply.status).toBe(200)
    expect(clones).toMatchObject([{ user: 'ada', x: 1 }])
  })

  test('it can be spread and copied', async () => {
    const { store, web, cookie } = await open()
    const copies: object[] = []
    store.set = (_id, session, done: () => void) => {
      copies.push({ ...session }, Object.assign({}, session))
      done()
    }
    await web.on('/write', setting('x', 1)).get('/write', cookie)
    for (const copy of copies) expect(Object.keys(copy)).toEqual(['cookie', 'user', 'x'])
  })
})

describe('what a store answers', () => {
  test.each<[string, object]>([
    ['a date as text', { expires: '2099-01-01T00:00:00.000Z', originalMaxAge: day, path: '/' }],
    ['a Date', { expires: new Date('2099-01-01'), originalMaxAge: day, path: '/' }],
    ['null', { expires: null, originalMaxAge: null }],
    ['false', { expires: false, originalMaxAge: null }],
    ['nothing', {}],
    ['a lifetime that is text', { expires: null, originalMaxAge: '1000' }],
    ['attributes of another configuration', { secure: 'auto', sameSite: 'auto', domain: 'x;y', path: 7 }],
  ])('a cookie whose date is %s is read', async (_name, stored) => {
    const { store, web, cookie } = await open()
    store.get = (_id, answer: (error: unknown, session: object) => void) => {
      answer(null, { cookie: stored, user: 'ada' })
    }
    const { body, status } = await web.get('/look', cookie)
    expect([status, JSON.parse(body).user]).toEqual([200, 'ada'])
    expect((await web.on('/write', setting('x', 1)).get('/write', cookie)).status).toBe(200)
    expect(store.of('set')[0]?.written).toContain('"user":"ada","x":1}')
  })

  test.each([[{ user: 'ada' }], [{ cookie: null }], [{ cookie: 'x' }], ['text'], [7], [true], [[]]])(
    'a record without a cookie (%j) is an error each time, and never an empty session',
    async answered => {
      const { store, web, cookie } = await open()
      store.get = (_id, answer: (error: unknown, session: any) => void) => answer(null, answered)
      for (let times = 0; times < 2; times += 1) {
        const reply = await web.get('/look', cookie)
        expect(reply).toMatchObject({
          status: 500,
          body: expect.stringContaining('RECORD_CORRUPT: Cannot read prop'),
        })
      }
      expect(store.verbs).toEqual([])
    },
  )

  test('inherited properties count as data, and methods of its class do not', async () => {
    class Row {
      cookie = {}
      user = 'ada'
      save(): string {
        return 'of the row'
      }
    }
    const { store, web, cookie } = await open()
    const row = Object.create(Object.assign(new Row(), { inherited: 1 }))
    store.get = (_id, answer: (error: unknown, session: object) => void) => answer(null, row)
    const { body } = await web.get('/look', cookie)
    expect(JSON.parse(body)).toMatchObject({ user: 'ada', inherited: 1 })
    await web.on('/write', ({ session }) => void (session.x = 1)).get('/write', cookie)
    expect(JSON.parse(store.of('set')[0]?.written ?? '')).toMatchObject({ user: 'ada', inherited: 1, x: 1 })
  })

  test('names that are methods of a session are dropped, and none of them gives it a prototype', async () => {
    const { store, web, cookie } = await open()
    store.sessions.set(
      'ada',
      '{"cookie":{},"save":1,"id":"mallory","req":2,"toString":3,"constructor":4,"__proto__":{"admin":true},"user":"ada"}',
    )
    const seen = await web
      .on('/see', ({ session }) => {
        session.x = 1
        return JSON.stringify([
          session.id,
          typeof session.save,
          session.admin,
          `${session}`,
          Object.keys(session),
        ])
      })
      .get('/see', cookie)
    expect(JSON.parse(seen.body)).toEqual([
      'ada',
      'function',
      null,
      '[object Object]',
      ['cookie', 'user', 'x'],
    ])
    expect(store.of('set')[0]?.written).toMatch(/"user":"ada","x":1}$/)
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })

  test.each([[undefined], [null], [false], [0], ['']])(
    '%j means that there is no such session',
    async none => {
      const { store, web, cookie } = await open()
      store.get = (_id, answer: (error: unknown, session: any) => void) => answer(null, none)
      const { body, status } = await web.on('/id', ({ sessionID }) => sessionID).get('/id', cookie)
      expect(status).toBe(200)
      expect(body).toMatch(/^[\w-]{32}$/)
    },
  )

  test.each([
    ['an Error', Object.assign(new Error('no such file'), { code: 'ENOENT' })],
    ['an error of another realm, as under Jest', { code: 'ENOENT', message: 'no such file' }],
  ])('ENOENT in %s means that there is no such session', async (_name, error) => {
    const { store, web, cookie } = await open()
    store.get = (_id, answer: (error: unknown) => void) => answer(error)
    expect((await web.get('/look', cookie)).status).toBe(200)
  })

  test('an object that the store goes on holding is not changed before it is stored', async () => {
    const { store, web, cookie } = await open()
    const kept = { cookie: {}, user: 'ada' }
    store.get = (_id, answer: (error: unknown, session: object) => void) => answer(null, kept)
    store.hold('set')
    const writing = web.on('/write', setting('user', 'eve')).get('/write', cookie)
    await store.called('set')
    expect(kept).toEqual({ cookie: {}, user: 'ada' })
    store.release('set')
    await writing
  })
})

describe('how a store is called', () => {
  test('verbs are looked up when they are called', async () => {
    const { store, web, cookie } = await open()
    await web.get('/look', cookie)
    const original = store.get
    const patched: string[] = []
    store.get = (id, answer) => {
      patched.push(id)
      original.call(store, id, answer)
    }
    await web.get('/look', cookie)
    expect(patched).toEqual(['ada'])
  })

  test('verbs are called as methods, with their store as `this`', async () => {
    const { store, web, cookie } = await open()
    const owners: unknown[] = []
    for (const verb of ['get', 'touch'] as const) {
      const original = store[verb]
      const patched = function (this: unknown, ...args: readonly unknown[]): void {
        owners.push(this === store)
        Reflect.apply(original, store, args)
      }
      Object.assign(store, { [verb]: patched })
    }
    await web.get('/look', cookie)
    expect(owners).toEqual([true, true])
  })

  test('it is touched on each request, milliseconds apart too', async () => {
    const { store, web, cookie } = await open()
    for (let times = 0; times < 3; times += 1) await web.get('/look', cookie)
    expect(store.verbs).toEqual(['get', 'touch', 'get', 'touch', 'get', 'touch'])
  })

  test.each([
    ['sessions with a lifetime', day],
    ['sessions that end with the browser', null],
  ])('`touchEvery` spares it the touches between: %s', async (_name, originalMaxAge) => {
    const clock = fakeClock(Date.UTC(2030, 0, 1))
    const { store, web, cookie } = await open({ clock, touchEvery: '1m' })
    const expires = originalMaxAge && new Date(clock.now() + originalMaxAge)
    store.sessions.set('ada', recordWith({ cookie: { originalMaxAge, expires } }))
    clock.advance(60_000)
    for (let times = 0; times < 5; times += 1) {
      await web.get('/look', cookie)
      clock.advance(20_000)
    }
    expect(store.of('touch')).toHaveLength(2)
  })

  test('`touchEvery` spares it the touches also where a touch does not write the date into the session', async () => {
    const clock = fakeClock(Date.UTC(2030, 0, 1))
    const { store, web, cookie } = await open({ clock, touchEvery: '1m' })
    store.sessions.set('ada', recordWith({ cookie: { originalMaxAge: day, expires: new Date(clock.now()) } }))
    const touches: number[] = []
    store.touch = (_id, _session, done: () => void) => {
      touches.push(clock.now())
      done()
    }
    for (let times = 0; times < 6; times += 1) {
      await web.get('/look', cookie)
      clock.advance(20_000)
    }
    expect(touches).toHaveLength(2)
  })

  test('one without `touch` is left alone by requests that change nothing', async () => {
    const store = new ScriptedStore()
    Object.assign(store, { touch: undefined })
    store.sessions.set('ada', recordWith({}))
    const web = await openWeb(store)
    expect((await web.get('/look', cookieOf('ada'))).status).toBe(200)
    expect(store.verbs).toEqual(['get'])
  })

  test('one whose `touch` is taken away later goes on', async () => {
    const { store, web, cookie } = await open()
    Object.assign(store, { touch: undefined })
    expect((await web.get('/look', cookie)).status).toBe(200)
  })

  test('it is not asked for visitors without a cookie, or with one that is not signed', async () => {
    const { store, web } = await open()
    await web.get('/look')
    await web.get('/look', 'connect.sid=ada')
    await web.get('/look', 'connect.sid=s%3Aada.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')
    expect(store.verbs).toEqual([])
  })

  test('while it says that it is disconnected, requests run without a session', async () => {
    const { store, web, cookie } = await open()
    web.on('/type', ({ session, sessionStore }) => `${typeof session} ${typeof sessionStore}`)
    store.emit('disconnect')
    expect((await web.get('/type', cookie)).body).toBe('undefined undefined')
    store.emit('connect')
    expect((await web.get('/type', cookie)).body).toBe('object object')
    expect(store.verbs).toEqual(['get', 'touch'])
  })
})

describe('a store that answers twice', () => {
  test.each(['get', 'set', 'touch', 'destroy'] as const)(
    '%s: the second answer changes nothing',
    async verb => {
      const { store, web, cookie } = await open()
      const original = store[verb] as (...args: unknown[]) => void
      Object.assign(store, {
        [verb](...args: unknown[]) {
          const answer = args.at(-1) as (error?: unknown) => void
          original.apply(store, args)
          answer(new Error('a second answer'))
          setImmediate(answer, new Error('a third answer'))
        },
      })
      web.on('/write', setting('x', 1)).on('/out', ({ session }) => session.destroy())
      for (const path of ['/look', '/write', '/out']) expect((await web.get(path, cookie)).status).toBe(200)
      expect(web.errors).toEqual([])
    },
  )

  test('what the route throws does not come back as an answer of the store', async () => {
    const { store, web, cookie } = await open()
    const caught: unknown[] = []
    store.get = (_id, answer: (error: unknown, session?: object) => void) => {
      try {
        answer(null, JSON.parse(recordWith({})))
      } catch (error) {
        caught.push(error)
        answer(error)
      }
    }
    let runs = 0
    web.on('/throw', () => {
      runs += 1
      throw new Error('of the route')
    })
    expect((await web.get('/throw', cookie)).body).toContain('of the route')
    expect([runs, caught]).toEqual([1, []])
  })
})

describe('a store that fails', () => {
  const failures: readonly [string, (answer: (error: unknown) => void) => unknown][] = [
    ['answers an error', answer => answer(new Error('down'))],
    ['answers an error that is no Error', answer => answer('down')],
    [
      'throws',
      () => {
        throw new Error('down')
      },
    ],
    ['rejects', () => Promise.reject(new Error('down'))],
    ['never answers', () => undefined],
  ]

  describe.each(failures)('and %s', (_name, fail) => {
    const failing = (...args: unknown[]) => fail(args.at(-1) as (error: unknown) => void)

    test('`get`: a 503, the cookie and the session stay', async () => {
      const { store, web, cookie } = await open({ deadline: 50 })
      Object.assign(store, { get: failing })
      const reply = await web.get('/look', cookie)
      expect(reply).toMatchObject({ status: 503, cookie: '' })
      expect(reply.body).toMatch(/^STORE_(FAILED|TIMED_OUT)/)
      expect(store.verbs).toEqual([])
      expect(store.sessions.has('ada')).toBe(true)
    })

    test("`get`, with onLoadFailure 'anonymous': no session, and nothing is written over the one that is there", async () => {
      const { store, web, cookie } = await open({ deadline: 50, onLoadFailure: 'anonymous' })
      Object.assign(store, { get: failing })
      const reply = await web.on('/type', ({ session }) => typeof session).get('/type', cookie)
      expect(reply).toMatchObject({ status: 200, cookie: '', body: 'undefined' })
      expect(store.verbs).toEqual([])
    })

    test('`set`: a 503 instead of a false success, and no cookie', async () => {
      const store = new ScriptedStore()
      const web = await openWeb(store, { deadline: 50 })
      Object.assign(store, { set: failing })
      const reply = await web.on('/write', setting('x', 1)).get('/write')
      expect(reply).toMatchObject({ status: 503, cookie: '' })
      expect(reply.headers['set-cookie']).toBeUndefined()
    })

    test('`set`, with onCommitFailure `send`: the answer as written, and the error afterwards', async () => {
      const { store, web, cookie } = await open({ deadline: 50, onCommitFailure: 'send' })
      Object.assign(store, { set: failing })
      const reply = await web.on('/write', setting('x', 1)).get('/write', cookie)
      expect(reply).toMatchObject({ status: 200, body: 'done' })
      await expect.poll(() => web.errors.length).toBe(1)
    })

    test('`touch`: the answer leaves as it was written', async () => {
      const { store, web, cookie } = await open({ deadline: 50 })
      Object.assign(store, { touch: failing })
      expect((await web.get('/look', cookie)).status).toBe(200)
      expect(web.errors).toEqual([])
    })

    test('`destroy`: whoever asked is told', async () => {
      const { store, web, cookie } = await open({ deadline: 50 })
      Object.assign(store, { destroy: failing })
      web.on('/out', ({ session }) => session.destroy())
      expect(await web.get('/out', cookie)).toMatchObject({ status: 503 })
      expect(store.sessions.has('ada')).toBe(true)
      // The session is there, so the next request has it.
      expect(JSON.parse((await web.get('/look', cookie)).body).user).toBe('ada')
    })
  })

  test('a failed write is no obstacle to the next', async () => {
    const { store, web, cookie } = await open()
    const { set } = store
    store.set = (_id, _session, answer) => answer(new Error('down'))
    web.on('/write', setting('x', 1))
    expect((await web.get('/write', cookie)).status).toBe(503)
    store.set = set
    expect((await web.get('/write', cookie)).status).toBe(200)
    expect(store.stored('ada')?.x).toBe(1)
  })

  test('an error event of the store is for the application, as with express-session', async () => {
    const store = new ScriptedStore()
    await openWeb(store)
    expect(() => store.emit('error', new Error('connection lost'))).toThrow('connection lost')
  })
})

describe('one process, whatever the order of the answers', () => {
  test.each(['destroy', 'regenerate'] as const)(
    '%s stays done when a write of a slow request comes after it',
    async verb => {
      const { store, web, cookie } = await open()
      const { route, begun, goOn } = slow(setting('x', 1))
      web.on('/slow', route).on('/end', ({ session }) => session[verb]())
      const answer = web.get('/slow', cookie)
      await begun
      expect((await web.get('/end', cookie)).status).toBe(200)
      goOn()
      expect((await answer).cookie).toBe('')
      expect(store.sessions.has('ada')).toBe(false)
      expect(store.of('set').map(({ id }) => id)).not.toContain('ada')
    },
  )

  test('destroy stays done when a touch comes after it, and the store is not even asked', async () => {
    const { store, web, cookie } = await open({ rolling: true, cookie: { maxAge: day } })
    const { route, begun, goOn } = slow(() => undefined)
    web.on('/slow', route).on('/out', ({ session }) => session.destroy())
    const answer = web.get('/slow', cookie)
    await begun
    await web.get('/out', cookie)
    goOn()
    expect((await answer).cookie).toBe('')
    expect(store.verbs).toEqual(['get', 'get', 'destroy'])
  })

  test('a slow request that saves by itself after the logout is told', async () => {
    const { web, cookie, store } = await open()
    const { route, begun, goOn } = slow(async ({ session }) => {
      session.x = 1
      await session.save()
    })
    web.on('/slow', route).on('/out', ({ session }) => session.destroy())
    const answer = web.get('/slow', cookie)
    await begun
    await web.get('/out', cookie)
    goOn()
    expect((await answer).body).toMatch(/^SESSION_GONE/)
    expect(store.sessions.has('ada')).toBe(false)
  })

  test.each(['set', 'touch'] as const)('destroy waits for a %s that is under way', async verb => {
    const { store, web, cookie } = await open()
    web.on('/set', setting('x', 1)).on('/touch', () => undefined)
    web.on('/out', ({ session }) => session.destroy())
    store.hold(verb)
    const writing = web.get(`/${verb}`, cookie)
    await store.called(verb)
    const ending = web.get('/out', cookie)
    await store.called('get', 2)
    await new Promise(resolve => setTimeout(resolve, 20))
    store.release(verb)
    await Promise.all([writing, ending])
    expect(store.sessions.has('ada')).toBe(false)
    expect(store.verbs.at(-1)).toBe('destroy')
  })

  test('a request that loads the session while its destruction is under way does not bring it back', async () => {
    const { store, web, cookie } = await open()
    const { route, begun, goOn } = slow(setting('x', 1))
    web.on('/slow', route).on('/out', ({ session }) => session.destroy())
    store.hold('destroy')
    const ending = web.get('/out', cookie)
    await store.called('destroy')
    const answer = web.get('/slow', cookie)
    await begun
    store.release('destroy')
    await ending
    goOn()
    await answer
    expect(store.sessions.has('ada')).toBe(false)
  })

  test('a session whose destruction failed goes on for those who load it later', async () => {
    const { store, web, cookie } = await open()
    web.on('/out', ({ session }) => session.destroy()).on('/write', setting('x', 1))
    store.hold('destroy')
    const ending = web.get('/out', cookie)
    // The end of the request tries once more.
    for (const times of [1, 2]) (await store.called('destroy', times)).fail(new Error('down'))
    expect((await ending).status).toBe(503)
    expect((await web.get('/write', cookie)).status).toBe(200)
    expect(store.stored('ada')?.x).toBe(1)
  })

  test('of two regenerations at once one begins a session, the other nothing, and the old id is dead', async () => {
    const { store, web, cookie } = await open()
    const first = slow(({ session }) => session.regenerate())
    const second = slow(({ session }) => session.regenerate())
    web.on('/first', first.route).on('/second', second.route)
    const answers = [web.get('/first', cookie), web.get('/second', cookie)]
    await Promise.all([first.begun, second.begun])
    first.goOn()
    second.goOn()
    const replies = await Promise.all(answers)
    expect(replies.filter(reply => reply.cookie !== '')).toHaveLength(1)
    expect(store.sessions.has('ada')).toBe(false)
    expect(store.sessions.size).toBe(1)
  })

  test('overlapping requests that change different keys both count', async () => {
    const { store, web, cookie } = await open()
    const first = slow(setting('a', 1))
    const second = slow(({ session }) => {
      session.b = 2
      delete session.user
    })
    web.on('/first', first.route).on('/second', second.route)
    const answers = [web.get('/first', cookie), web.get('/second', cookie)]
    await Promise.all([first.begun, second.begun])
    first.goOn()
    await answers[0]
    second.goOn()
    await answers[1]
    expect(store.stored('ada')).toMatchObject({ a: 1, b: 2 })
    expect(store.stored('ada')).not.toHaveProperty('user')
  })

  test('of two that change the same key the last wins', async () => {
    const { store, web, cookie } = await open()
    const first = slow(setting('a', 1))
    const second = slow(setting('a', 2))
    web.on('/first', first.route).on('/second', second.route)
    const answers = [web.get('/first', cookie), web.get('/second', cookie)]
    await Promise.all([first.begun, second.begun])
    second.goOn()
    await answers[1]
    first.goOn()
    await answers[0]
    expect(store.stored('ada')?.a).toBe(1)
  })

  test('twenty requests at once, each with a key of its own, lose nothing', async () => {
    const { store, web, cookie } = await open()
    const slots = Array.from({ length: 20 }, (_slot, index) => slow(setting(`key${index}`, index)))
    for (const [index, { route }] of slots.entries()) web.on(`/${index}`, route)
    const answers = slots.map((_slot, index) => web.get(`/${index}`, cookie))
    await Promise.all(slots.map(({ begun }) => begun))
    for (const { goOn } of slots) goOn()
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(slots.map(() => 200))
    expect(Object.keys(store.stored('ada') ?? {})).toHaveLength(22)
  })

  test('a request that loads while a write is under way does not take the write back', async () => {
    const { store, web, cookie } = await open()
    web.on('/first', setting('a', 1)).on('/second', setting('b', 2))
    store.hold('set')
    const first = web.get('/first', cookie)
    await store.called('set')
    const late = slow(setting('b', 2))
    const second = web.on('/second', late.route).get('/second', cookie)
    await late.begun
    store.release('set')
    await first
    late.goOn()
    await second
    expect(store.stored('ada')).toMatchObject({ a: 1, b: 2 })
  })

  test('a write that begins while another is under way waits, and keeps what both have changed', async () => {
    const { store, web, cookie } = await open()
    const [first, second] = [slow(setting('a', 1)), slow(setting('b', 2))]
    web.on('/first', first.route).on('/second', second.route)
    const answers = [web.get('/first', cookie), web.get('/second', cookie)]
    await Promise.all([first.begun, second.begun])
    store.hold('set')
    first.goOn()
    await store.called('set')
    second.goOn()
    await new Promise(resolve => setTimeout(resolve, 20))
    store.release('set')
    await Promise.all(answers)
    expect(store.stored('ada')).toMatchObject({ a: 1, b: 2 })
  })

  test('a session that comes back under the same id, as `genid` may make it, is a session like any other', async () => {
    const store = new ScriptedStore()
    const web = await openWeb(store, { genid: () => 'apple' })
    web.on('/in', setting('user', 'ada')).on('/out', ({ session }) => session.destroy())
    web.on('/write', setting('x', 1))
    const { cookie } = await web.get('/in')
    await web.get('/out', cookie)
    expect((await web.get('/in')).cookie).toBe(cookie)
    const written: Reply = await web.get('/write', cookie)
    expect(written.status).toBe(200)
    expect(store.stored('apple')).toMatchObject({ user: 'ada', x: 1 })
  })

  /** @see issue 12, point 3: an id that `genid` gives twice */
  test('an id that `genid` gives to a second visitor leaves the first one’s session alone', async () => {
    const ids = ['apple', 'apple', 'pear']
    const store = new ScriptedStore()
    const web = await openWeb(store, { genid: () => ids.shift() ?? 'apple' })
    web.on('/ada', setting('user', 'ada')).on('/eve', setting('user', 'eve'))
    web.on('/out', ({ session }) => session.destroy())
    const ada = await web.get('/ada')
    const eve = await web.get('/eve')
    expect([store.stored('apple')?.user, store.stored('pear')?.user]).toEqual(['ada', 'eve'])
    expect(eve.cookie).not.toBe(ada.cookie)
    expect((await web.get('/eve')).body).toMatch(/^ID_INVALID/)
    await web.get('/out', eve.cookie)
    expect([...store.sessions.keys()]).toEqual(['apple'])
  })

  test('of two visitors who are given one id at the same moment one has it', async () => {
    const ids = ['apple', 'apple', 'pear']
    const store = new ScriptedStore()
    const web = await openWeb(store, { genid: () => ids.shift() ?? 'apple' })
    web.on('/ada', setting('user', 'ada')).on('/eve', setting('user', 'eve'))
    store.hold('set')
    const answers = [web.get('/ada'), web.get('/eve')]
    await store.called('set')
    store.release('set')
    await Promise.all(answers)
    expect([...store.sessions.keys()].sort()).toEqual(['apple', 'pear'])
  })

  test('of two that are created under one id in one turn the second is told that it is taken', async () => {
    const store = new ScriptedStore()
    const records = callbackStore(store)
    const times = { createdAt: 0, touchedAt: 0, expiresAt: Number.POSITIVE_INFINITY }
    const recordOf = (user: string) =>
      ({ ...anonymous, key: 'apple', version: 1, ...times, data: { cookie: {}, user } }) as never
    store.hold('set')
    const creating = [records.create(recordOf('ada')), records.create(recordOf('eve'))]
    ;(await store.called('set')).answer()
    expect(await Promise.all(creating)).toEqual([true, false])
    expect(store.stored('apple')?.user).toBe('ada')
  })

  test('an id that `genid` gives again after its session is over is free', async () => {
    const store = new ScriptedStore()
    const web = await openWeb(store, { genid: () => 'apple' })
    web.on('/in', setting('user', 'ada'))
    await web.get('/in')
    store.sessions.clear()
    expect((await web.get('/in')).status).toBe(200)
    expect(store.stored('apple')?.user).toBe('ada')
  })

  test('a `genid` that gives the same id to the session that `regenerate` begins works as in express-session', async () => {
    const store = new ScriptedStore()
    const web = await openWeb(store, { genid: () => 'apple' })
    web.on('/in', setting('user', 'ada')).on('/again', async request => {
      await request.session.regenerate()
      request.session.x = 1
    })
    const { cookie } = await web.get('/in')
    expect((await web.get('/again', cookie)).status).toBe(200)
    expect(store.stored('apple')).toMatchObject({ x: 1 })
    expect(store.stored('apple')?.user).toBeUndefined()
  })

  test('`req.sessionStore.regenerate` ends a session as surely as its own method', async () => {
    const { store, web, cookie } = await open()
    const late = slow(setting('x', 1))
    web.on('/slow', late.route).on('/again', async request => {
      await new Promise(resolve => request.sessionStore.regenerate(request as never, resolve))
      request.session.user = 'eve'
    })
    const answer = web.get('/slow', cookie)
    await late.begun
    const reply = await web.get('/again', cookie)
    expect(reply.cookie).not.toBe('')
    late.goOn()
    await answer
    expect(store.sessions.has('ada')).toBe(false)
    expect(store.sessions.size).toBe(1)
  })
})

describe('two middlewares that share one store object', () => {
  async function openTwo() {
    const store = new ScriptedStore()
    store.sessions.set('ada', recordWith({}))
    const webs = await Promise.all([openWeb(store, { name: 'one' }), openWeb(store, { name: 'two' })])
    const signed = encodeURIComponent(new Signer([secret]).sign('ada'))
    return { store, one: webs[0], two: webs[1], cookies: { one: `one=${signed}`, two: `two=${signed}` } }
  }

  test('what one has ended the other does not bring back', async () => {
    const { store, one, two, cookies } = await openTwo()
    const late = slow(setting('x', 1))
    const answer = one.on('/slow', late.route).get('/slow', cookies.one)
    await late.begun
    await two.on('/out', ({ session }) => session.destroy()).get('/out', cookies.two)
    late.goOn()
    await answer
    expect(store.sessions.has('ada')).toBe(false)
  })

  test('what each has changed counts', async () => {
    const { store, one, two, cookies } = await openTwo()
    const late = slow(setting('a', 1))
    const answer = one.on('/slow', late.route).get('/slow', cookies.one)
    await late.begun
    await two.on('/write', setting('b', 2)).get('/write', cookies.two)
    late.goOn()
    await answer
    expect(store.stored('ada')).toMatchObject({ a: 1, b: 2 })
  })

  test('each makes its own ids and cookies, whichever was made last', async () => {
    const store = new ScriptedStore()
    const web = await new Web(
      session({ secret, store, name: 'one', genid: () => 'first', cookie: { path: '/' } }),
    ).open()
    opened.push(web)
    session({ secret, store, name: 'two', genid: () => 'second', cookie: { domain: 'other.test' } })
    web.on('/again', async ({ session }) => {
      await session.regenerate()
    })
    const reply = await web.on('/write', setting('x', 1)).get('/write')
    expect(store.of('set')[0]?.id).toBe('first')
    expect(reply.headers['set-cookie']?.[0]).not.toContain('Domain')
  })

  test('on one request the second stands back', async () => {
    const store = new ScriptedStore()
    const web = await new Web(session({ secret, store }), session({ secret, store, name: 'two' })).open()
    opened.push(web)
    const reply = await web.on('/write', setting('x', 1)).get('/write')
    expect(reply.headers['set-cookie']).toHaveLength(1)
    expect(reply.cookie).toMatch(/^connect\.sid=/)
  })
})

describe('a store that never answers a write', () => {
  test('the write fails at the deadline, and others can still read', async () => {
    const { store, web, cookie } = await open({ deadline: 50 })
    store.hold('set')
    web.on('/write', setting('x', 1))
    expect((await web.get('/write', cookie)).body).toMatch(/^STORE_TIMED_OUT/)
    expect((await web.get('/look', cookie)).status).toBe(200)
  })

  test('a logout behind it is not reported as done, and is done once the write has been answered', async () => {
    const { store, web, cookie } = await open({ deadline: 50 })
    store.hold('set')
    web.on('/write', setting('x', 1)).on('/out', ({ session }) => session.destroy())
    await web.get('/write', cookie)
    expect((await web.get('/out', cookie)).body).toMatch(/^STORE_TIMED_OUT/)
    store.release('set')
    await store.called('destroy')
    expect(store.sessions.has('ada')).toBe(false)
  })

  test('a logout behind it reaches the store all the same', async () => {
    const { store, web, cookie } = await open({ deadline: 50 })
    store.hold('set')
    web.on('/write', setting('x', 1)).on('/out', ({ session }) => session.destroy())
    await web.get('/write', cookie)
    await web.get('/out', cookie)
    // Once by the route, and once more by the end of its request.
    expect(store.of('destroy')).toHaveLength(2)
  })
})

test('a plain emitter with the three verbs is store enough', async () => {
  const sessions = new Map<string, string>()
  const store = Object.assign(new EventEmitter(), {
    get: (id: string, answer: (error: unknown, session?: object) => void) =>
      answer(null, sessions.has(id) ? JSON.parse(sessions.get(id) ?? '') : undefined),
    set: (id: string, value: object, answer: () => void) => {
      sessions.set(id, JSON.stringify(value))
      answer()
    },
    destroy: (id: string, answer: () => void) => {
      sessions.delete(id)
      answer()
    },
  })
  const web = await openWeb(store)
  const { cookie } = await web.on('/in', setting('user', 'ada')).get('/in')
  expect(JSON.parse((await web.get('/look', cookie)).body).user).toBe('ada')
})
