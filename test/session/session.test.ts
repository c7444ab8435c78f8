import session, { Session } from 'sojourn'
import CookieOfPath from 'sojourn/session/cookie'
import SessionOfPath from 'sojourn/session/session'
import { afterEach, describe, expect, test } from 'vitest'
import { Cookie } from '../../src/core/cookies/cookie.ts'
import { ScriptedStore } from '../stores/scripted-store.ts'
import { type Route, Web } from './web.ts'

const opened: Web[] = []

afterEach(async () => {
  await Promise.all(opened.splice(0).map(web => web.close()))
})

async function openWeb(options: object = {}): Promise<Web> {
  const web = await new Web(session({ secret: 'of the test', ...options })).open()
  opened.push(web)
  return web.on('/look', ({ session }) => JSON.stringify(session))
}

/** What a route sees, over each kind of store. */
async function seen(route: Route): Promise<unknown[]> {
  const answers: unknown[] = []
  for (const options of [{}, { store: new ScriptedStore() }, { store: new session.MemoryStore() }]) {
    const web = await openWeb(options)
    const { cookie } = await web.on('/in', ({ session }) => void (session.user = 'ada')).get('/in')
    answers.push(JSON.parse((await web.on('/see', route).get('/see', cookie)).body))
  }
  return answers
}

const thrice = (answer: unknown) => [answer, answer, answer]

describe('req.session', () => {
  test('is a Session, whose methods and id are not among its data', async () => {
    const answers = await seen(({ session: own, sessionID }) => {
      const names: string[] = []
      for (const name in own) names.push(name)
      return JSON.stringify([
        own instanceof session.Session,
        own instanceof SessionOfPath,
        own.cookie instanceof CookieOfPath,
        own.id === sessionID,
        Object.keys(own),
        names,
        Object.hasOwn(own, 'user'),
        'save' in own,
        Object.keys(JSON.parse(JSON.stringify(own))),
      ])
    })
    expect(answers).toEqual(
      thrice([
        true,
        true,
        true,
        true,
        ['cookie', 'user'],
        ['cookie', 'user'],
        true,
        true,
        ['cookie', 'user'],
      ]),
    )
  })

  test.each([
    'update',
    'rotate',
    'signIn',
    'signOut',
    'data',
    'user',
    'then',
    'actions',
    'request',
    'length',
  ])('the application keeps its own data under `%s`', async name => {
    for (const options of [{}, { store: new ScriptedStore() }]) {
      const web = await openWeb(options)
      web.on('/set', ({ session }) => void (session[name] = { of: 'the application' }))
      web.on('/get', ({ session }) => JSON.stringify(session[name]))
      const { cookie } = await web.get('/set')
      expect(JSON.parse((await web.get('/get', cookie)).body)).toEqual({ of: 'the application' })
      const { cookie: text } = await web.on('/text', ({ session }) => void (session[name] = '')).get('/text')
      expect((await web.get('/get', text)).body).toBe('""')
    }
  })

  test.each(['save', 'reload', 'destroy', 'regenerate', 'touch', 'resetMaxAge'])(
    '`%s` can be replaced on one session, as tests and wrappers do, and is never stored',
    async name => {
      const answers = await seen(async ({ session: own }) => {
        let calls = 0
        const original = own[name] as () => unknown
        own[name] = function (this: unknown, ...args: []) {
          calls += 1
          return Reflect.apply(original, this, args)
        }
        await (own[name] as () => unknown).call(own)
        return JSON.stringify([calls, Object.keys(own), JSON.stringify(own).includes(name)])
      })
      expect(answers).toEqual(thrice([1, ['cookie', 'user'], false]))
    },
  )

  test('every method answers the session when it has a callback, and a promise when it has none', async () => {
    const answers = await seen(async ({ session: own }) => {
      const results: boolean[] = [own.touch() === own, own.resetMaxAge() === own]
      for (const name of ['save', 'reload'] as const) {
        await new Promise<void>(resolve => {
          results.push(own[name](() => resolve()) === own)
        })
        const promise = own[name]()
        results.push(promise instanceof Promise)
        await promise
      }
      return JSON.stringify(results)
    })
    expect(answers).toEqual(thrice([true, true, true, true, true, true]))
  })

  test('a callback is called outside of the call, with nothing when all went well', async () => {
    const answers = await seen(async ({ session: own }) => {
      let isBack = false
      const args = await new Promise<unknown[]>(resolve => {
        own.save((...given: unknown[]) => resolve([isBack, given.length, given[0] ?? null]))
        isBack = true
      })
      return JSON.stringify(args)
    })
    for (const [isBack, , error] of answers as [boolean, number, unknown][])
      expect([isBack, error]).toEqual([true, null])
  })

  test('`reload` puts what is stored in the place of what was changed, and keeps the id', async () => {
    const answers = await seen(async request => {
      const { id } = request.session
      request.session.user = 'eve'
      await new Promise(resolve => request.session.reload(resolve))
      return JSON.stringify([request.session.user, request.session.id === id, request.sessionID === id])
    })
    expect(answers).toEqual(thrice(['ada', true, true]))
  })

  test('`reload` of one that has ended fails as in express-session', async () => {
    const answers = await seen(async request => {
      const own = request.session
      await own.destroy()
      const error = await new Promise<any>(resolve => own.reload(resolve))
      return JSON.stringify([error.message, await own.reload().catch((again: Error) => again.message)])
    })
    expect(answers).toEqual(thrice(['failed to load session', 'failed to load session']))
  })

  test('`destroy` takes it off the request at once', async () => {
    const answers = await seen(request => {
      void request.session.destroy()
      return JSON.stringify([request.session === undefined, typeof request.sessionID])
    })
    expect(answers).toEqual(thrice([true, 'string']))
  })

  test('`regenerate` begins another, empty, under another id, and the cookie names it', async () => {
    const answers = await seen(async request => {
      const { id } = request.session
      const before = request.session
      await request.session.regenerate()
      const { session: own } = request
      return JSON.stringify([own === before, own.id === id, own.id === request.sessionID, own.user ?? null])
    })
    expect(answers).toEqual(thrice([false, false, true, null]))
  })

  test('a session that goes wrong twice says so twice, and ends no process', async () => {
    const store = new ScriptedStore()
    store.set = (_id: string, _session: unknown, done: (error: unknown) => void) => done(new Error('down'))
    const web = await openWeb({ store })
    const unhandled: unknown[] = []
    const note = (error: unknown) => unhandled.push(error)
    process.on('unhandledRejection', note)
    web.on('/drop', ({ session }) => {
      session.x = 1
      void session.save()
      void session.save()
    })
    await web.get('/drop')
    await new Promise(resolve => setTimeout(resolve, 10))
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })
})

describe('a session made by hand', () => {
  const stand = (store: ScriptedStore) => ({ sessionID: 'ada', sessionStore: store }) as any

  test('has the id and the request, and the data that it was given', () => {
    const request = stand(new ScriptedStore())
    const own: any = new Session(request, { cookie: {}, user: 'ada' })
    expect(own).toBeInstanceOf(Session)
    expect([own.id, own.req, own.user, Object.keys(own)]).toEqual(['ada', request, 'ada', ['cookie', 'user']])
  })

  test('needs no data', () => {
    const own = new Session(stand(new ScriptedStore()))
    expect(own.cookie).toBeInstanceOf(Cookie)
  })

  test('drops names that are methods, and gets no prototype from its data', () => {
    const data = JSON.parse('{"cookie":{},"save":1,"id":2,"__proto__":{"admin":true},"user":"ada"}')
    const own: any = new Session(stand(new ScriptedStore()), data)
    expect([typeof own.save, own.id, own.admin, own.user]).toEqual(['function', 'ada', undefined, 'ada'])
  })

  test('is stored in the store of its request', async () => {
    const store = new ScriptedStore()
    const own: any = new Session(stand(store), { cookie: {} })
    own.user = 'ada'
    await own.save()
    expect(store.stored('ada')).toEqual({
      cookie: { originalMaxAge: null, expires: null, httpOnly: true, path: '/' },
      user: 'ada',
    })
  })

  test('is constructed with `new` by whoever extends it', () => {
    const Base = Session as unknown as new (
      request: object,
      data: object,
    ) => { readonly cookie: Cookie; readonly id: string }
    class Own extends Base {
      get shout(): string {
        return this.id.toUpperCase()
      }
    }
    expect(new Own(stand(new ScriptedStore()), { cookie: {} }).shout).toBe('ADA')
  })
})
