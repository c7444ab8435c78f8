import session, { type CallbackStore, type SessionOptions } from 'sojourn'
import { fakeClock } from 'sojourn/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { ScriptedStore } from '../stores/scripted-store.ts'
import { Gate } from '../support/gate.ts'
import { type Route, Web } from './web.ts'

const opened: Web[] = []

afterEach(async () => {
  await Promise.all(opened.splice(0).map(web => web.close()))
})

const stores: readonly [string, () => SessionOptions][] = [
  ['the default store', () => ({})],
  ['a store for express-session', () => ({ store: new ScriptedStore() as CallbackStore })],
]

/** A visitor who has signed in, and one request of theirs that is held until the test lets it go on. */
async function open(
  options: SessionOptions,
  route: Route,
  before: Route = ({ session }) => void session.user,
) {
  const web = await new Web(session({ secret: 'of the test', ...options })).open()
  opened.push(web)
  const [begun, gate] = [new Gate(), new Gate()]
  web
    .on('/in', ({ session }) => void (session.user = 'ada'))
    .on('/look', ({ session }) => JSON.stringify(session?.user ?? null))
    .on('/out', ({ session }) => session.destroy())
    .on('/slow', async (request, response) => {
      await before(request, response)
      begun.open()
      await gate.passed
      return route(request, response)
    })
  const { cookie } = await web.get('/in')
  const slow = web.get('/slow', cookie)
  await begun.passed
  return { web, cookie, slow, goOn: () => gate.open() }
}

describe.each(stores)(
  'a slow request whose session has been ended meanwhile, over %s',
  (_name, storeOptions) => {
    test.each<[string, SessionOptions, Route]>([
      ['changes it', {}, ({ session }) => void (session.x = 1)],
      ['changes nothing', {}, () => undefined],
      ['rolls its cookie', { rolling: true }, () => undefined],
      ['rolls its cookie with a lifetime', { rolling: true, cookie: { maxAge: 60_000 } }, () => undefined],
      ['rolls its cookie, and records activity seldom', { rolling: true, touchEvery: '1m' }, () => undefined],
      ['stores it whatever happens', { resave: true, saveUninitialized: true }, () => undefined],
      ['changes its lifetime', {}, ({ session }) => void (session.cookie.maxAge = 5000)],
      ['takes it away', { unset: 'destroy' }, request => void Reflect.deleteProperty(request, 'session')],
      ['ends it too', {}, ({ session }) => session.destroy()],
      ['reloads it', {}, ({ session }) => session.reload().catch(() => undefined)],
      [
        'saves it twice',
        {},
        async ({ session }) => {
          session.x = 1
          await session.save().catch(() => undefined)
          session.x = 2
          await session.save().catch(() => undefined)
        },
      ],
      [
        'sends what could not be stored',
        { onCommitFailure: 'send', rolling: true },
        ({ session }) => void (session.x = 1),
      ],
    ])('%s: it stays ended, and its cookie is not sent again', async (_what, options, route) => {
      const { web, cookie, slow, goOn } = await open({ ...storeOptions(), ...options }, route)
      await web.get('/out', cookie)
      goOn()
      expect((await slow).headers['set-cookie']?.filter(line => !line.includes('Max-Age=0'))).toSatisfy(
        (lines: unknown) => lines === undefined || (Array.isArray(lines) && lines.length === 0),
      )
      expect((await web.get('/look', cookie)).body).toBe('null')
    })

    test.each<[string, SessionOptions, Route]>([
      ['it rolls', { rolling: true }, () => undefined],
      ['it has changed it', { cookie: { maxAge: 60_000 } }, ({ session }) => void (session.x = 1)],
    ])('a streamed answer does not send the cookie again either: %s', async (_what, options, act) => {
      const route: Route = async (request, response) => {
        await act(request, response)
        response.write('one,')
        response.end('two')
      }
      const { web, cookie, slow, goOn } = await open({ ...storeOptions(), ...options }, route)
      await web.get('/out', cookie)
      goOn()
      expect((await slow).cookie).toBe('')
      expect((await web.get('/look', cookie)).body).toBe('null')
    })
  },
)

describe('a store for express-session', () => {
  test.each<[string, object]>([
    ['whose date lies far off', { originalMaxAge: 1000, expires: '2099-01-01T00:00:00.000Z' }],
    [
      'that another machine, whose clock is fast, has touched',
      { originalMaxAge: 60_000, expires: '2030-01-01T00:01:05.000Z' },
    ],
  ])('is touched on each request, also for a session %s', async (_what, cookie) => {
    const clock = fakeClock(Date.UTC(2030, 0, 1))
    const store = new ScriptedStore()
    const {
      web,
      cookie: sent,
      slow,
      goOn,
    } = await open({ store: store as CallbackStore, clock }, () => undefined)
    goOn()
    await slow
    const [id = ''] = store.sessions.keys()
    const touched = store.of('touch').length
    store.sessions.set(id, JSON.stringify({ cookie, user: 'ada' }))
    await web.get('/look', sent)
    expect(store.of('touch')).toHaveLength(touched + 1)
  })

  test('is touched on each request, also after the clock was set back', async () => {
    const clock = fakeClock(Date.UTC(2030, 0, 1))
    const store = new ScriptedStore()
    const options = { store: store as CallbackStore, clock, cookie: { maxAge: 60_000 } }
    const { web, cookie, slow, goOn } = await open(options, () => undefined)
    goOn()
    await slow
    clock.jump(-5000)
    const touched = store.of('touch').length
    await web.get('/look', cookie)
    await web.get('/look', cookie)
    expect(store.of('touch')).toHaveLength(touched + 2)
  })

  test('is written once by a sign-in that regenerates, fills and saves', async () => {
    const store = new ScriptedStore()
    const { web, cookie, slow, goOn } = await open({ store: store as CallbackStore }, () => undefined)
    goOn()
    await slow
    web.on('/sign-in', async request => {
      await request.session.regenerate()
      request.session.user = 'bob'
      await request.session.save()
    })
    store.calls.length = 0
    const reply = await web.get('/sign-in', cookie)
    expect(store.verbs).toEqual(['get', 'destroy', 'set'])
    expect((await web.get('/look', reply.cookie)).body).toBe('"bob"')
  })

  test('is not given stale data by `resave`: what others have stored meanwhile stays', async () => {
    const store = new ScriptedStore()
    const { web, cookie, slow, goOn } = await open(
      { store: store as CallbackStore, resave: true },
      () => undefined,
    )
    await web.on('/write', ({ session }) => void (session.x = 1)).get('/write', cookie)
    goOn()
    await slow
    const [id = ''] = store.sessions.keys()
    expect(store.stored(id)).toMatchObject({ user: 'ada', x: 1 })
  })
})
