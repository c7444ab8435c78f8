import { describe, expect, test } from 'vitest'
import { cookieNamed, deferred, idOf } from './client.ts'
import {
  cookieParser,
  type ExpressResponse,
  expresses,
  frameworks,
  type Handler,
  onError,
} from './frameworks.ts'
import {
  countCalls,
  countViews,
  memory,
  secret,
  secureSiteOf,
  sessions,
  signedCookie,
  siteOf,
} from './site.ts'
import type { SessionRequest } from './subject.ts'

const tellError = onError((error, response, next) => {
  if (response.headersSent) return next(error)
  response.statusCode = Number(Reflect.get(error, 'status') ?? 500)
  response.end(error.message)
})

describe.each(frameworks)('%s', (_name, make) => {
  test('keeps a session', async () => {
    const { get } = await siteOf(make().use(sessions()).use(countViews))
    const first = await get()
    expect((await get('/', { cookie: first })).text).toBe('2')
  })

  test('shows a failed get to its error handler', async () => {
    const store = memory()
    store.get = (_id, callback) => setImmediate(callback, new Error('boom!'))
    const { get } = await siteOf(make().use(sessions({ store })).use(countViews).use(tellError))
    const answer = await get('/', { cookie: signedCookie('known') })
    expect([answer.status, answer.text]).toEqual([500, 'boom!'])
  })

  test('shows a get that throws to its error handler', async () => {
    const store = memory()
    store.get = () => {
      throw new Error('boom!')
    }
    const { get } = await siteOf(make().use(sessions({ store })).use(countViews).use(tellError))
    const answer = await get('/', { cookie: signedCookie('known') })
    expect([answer.status, answer.text]).toEqual([500, 'boom!'])
  })

  test('shows a record without a cookie to its error handler', async () => {
    const store = memory()
    store.set('known', { views: 1 })
    const { get } = await siteOf(make().use(sessions({ store })).use(countViews).use(tellError))
    const answer = await get('/', { cookie: signedCookie('known') })
    expect([answer.status, answer.text.slice(0, 16)]).toEqual([500, 'Cannot read prop'])
  })

  test('shows a failed save to its error handler, after the answer', async () => {
    const store = memory()
    store.set = (_id, _session, callback) => setImmediate(callback ?? (() => {}), new Error('full'))
    const { promise, resolve } = deferred<unknown>()
    const listen = onError((error, response) => resolve([error.message, response.headersSent]))
    const { get } = await siteOf(make().use(sessions({ store })).use(countViews).use(listen))
    const answer = await get()
    expect([answer.status, answer.text]).toEqual([200, '1'])
    expect(await promise).toEqual(['full', true])
  })

  test('saves the session of an error page', async () => {
    const store = memory()
    const fail: Handler = ({ session }) => {
      session.attempts = 1
      throw new Error('wrong')
    }
    const { get } = await siteOf(make().use(sessions({ store })).use(fail).use(tellError))
    const calls = countCalls(store)
    const answer = await get()
    expect([answer.status, answer.text, calls.set]).toEqual([500, 'wrong', 1])
  })

  test('serves its own 404 with the session', async () => {
    const { get } = await siteOf(make().use(sessions()))
    const answer = await get('/nowhere')
    expect(answer.status).toBe(404)
    expect(cookieNamed(answer)).toBeDefined()
  })

  test.each([
    ['/admin', 'object'],
    ['/admin/users', 'object'],
    ['/shop', 'undefined'],
  ])('mounted at /admin, with that cookie path, at %s: %s', async (path, kind) => {
    const app = make().use('/admin', sessions({ cookie: { path: '/admin' } }))
    const { get } = await siteOf(
      app.use((request, response) => void response.end(typeof Reflect.get(request, 'session'))),
    )
    expect((await get(path)).text).toBe(kind)
  })

  test('mounted elsewhere than its cookie path has no session', async () => {
    const inner = make()
      .use(sessions({ cookie: { path: '/admin' } }))
      .use((request, response) => void response.end(typeof Reflect.get(request, 'session')))
    const { get } = await siteOf(make().use('/shop', inner))
    expect((await get('/shop/admin')).text).toBe('undefined')
  })

  test('mounted inside another application goes by the whole path', async () => {
    const inner = make()
      .use(sessions({ cookie: { path: '/shop/cart' } }))
      .use((request, response) => void response.end(typeof Reflect.get(request, 'session')))
    const { get } = await siteOf(make().use('/shop', inner))
    expect([(await get('/shop/cart')).text, (await get('/shop')).text]).toEqual(['object', 'undefined'])
  })

  test('used twice works once', async () => {
    const { get } = await siteOf(
      make()
        .use(sessions())
        .use(sessions({ name: 'again' }))
        .use(countViews),
    )
    const first = await get()
    expect(first.cookies.map(cookie => cookie.name)).toEqual(['connect.sid'])
    expect((await get('/', { cookie: first })).text).toBe('2')
  })

  test('serves over TLS', async () => {
    const { get } = await secureSiteOf(
      make()
        .use(sessions({ cookie: { secure: true } }))
        .use(countViews),
    )
    const first = await get()
    expect(cookieNamed(first)?.attributes.secure).toBe(true)
    expect((await get('/', { cookie: first })).text).toBe('2')
  })

  describe('with cookie-parser before it', () => {
    test('reads the header', async () => {
      const { get } = await siteOf(make().use(cookieParser()).use(sessions()).use(countViews))
      const first = await get()
      expect((await get('/', { cookie: first })).text).toBe('2')
    })

    test('works with its secret', async () => {
      const app = make()
        .use(cookieParser(secret))
        .use(sessions({ secret: undefined }))
        .use(countViews)
      const { get } = await siteOf(app)
      const first = await get()
      expect((await get('/', { cookie: first })).text).toBe('2')
    })

    test.each([
      ['has unsigned', secret],
      ['left signed', undefined],
    ])('reads the cookie that it %s when the header is gone', async (_what, key) => {
      const app = make()
        .use(cookieParser(key))
        .use((request, _response, next) => {
          delete request.headers.cookie
          next()
        })
        .use(sessions())
        .use(countViews)
      const { get } = await siteOf(app)
      const first = await get()
      expect((await get('/', { cookie: first })).text).toBe('2')
    })

    test('reads no cookie that nobody signed', async () => {
      const app = make()
        .use(cookieParser())
        .use((request, _response, next) => {
          delete request.headers.cookie
          next()
        })
        .use(sessions())
        .use(countViews)
      const { get } = await siteOf(app)
      const id = idOf(await get())
      expect((await get('/', { cookie: `connect.sid=${id}` })).text).toBe('1')
      expect((await get('/', { cookie: signedCookie(id, 'oak') })).text).toBe('1')
    })
  })
})

describe.each(expresses)('%s', (_name, make) => {
  test.each<[string, Handler, number, string]>([
    ['send', (_request, response) => response.send('hello'), 200, 'hello'],
    ['send of an empty text', (_request, response) => response.send(''), 200, ''],
    ['json', (_request, response) => response.json({ a: 'ü' }), 200, '{"a":"ü"}'],
    ['a status', (_request, response) => response.status(201).send('made'), 201, 'made'],
    ['redirect', (_request, response) => response.redirect('/there'), 302, 'Found. Redirecting to /there'],
  ])('%s leaves as it is written, with the session stored', async (...[, handler, status, text]) => {
    const store = memory()
    const app = make().use(sessions({ store })).use(handler)
    const { get } = await siteOf(app)
    const calls = countCalls(store)
    const answer = await get()
    expect([answer.status, answer.text, calls.set]).toEqual([status, text, 1])
    expect(cookieNamed(answer)).toBeDefined()
  })

  test('answers 304 to a visitor who has the page', async () => {
    const page = make()
      .use(sessions({ resave: false }))
      .get('/', (_request, response) => response.send('page'))
    const { get } = await siteOf(page)
    const first = await get()
    const again = await get('/', { cookie: first, headers: { 'If-None-Match': String(first.headers.etag) } })
    expect([again.status, again.text]).toEqual([304, ''])
  })

  test('keeps the cookies that res.cookie sets', async () => {
    const app = make()
      .use(sessions())
      .get('/', (_request, response) => response.cookie('theme', 'dark').send(''))
    const { get } = await siteOf(app)
    expect((await get()).cookies.map(cookie => cookie.name)).toEqual(['theme', 'connect.sid'])
  })

  test.each([
    ['undefined', undefined, true, true],
    ['undefined, nobody trusted', undefined, false, false],
    ['false', false, true, false],
    ['true', true, false, true],
  ])('proxy %s goes by trust proxy as it should', async (...[, proxy, isTrusted, isSent]) => {
    const app = make()
    if (isTrusted) app.set('trust proxy', true)
    const { get } = await siteOf(app.use(sessions({ proxy, cookie: { secure: true } })).use(countViews))
    const answer = await get('/', { headers: { 'X-Forwarded-Proto': 'https' } })
    expect(cookieNamed(answer) !== undefined).toBe(isSent)
  })

  test('lets an async handler write after its wait', async () => {
    const app = make()
      .use(sessions())
      .get('/', async (request, response) => {
        await new Promise(resolve => setTimeout(resolve, 5))
        countViews(request, response)
      })
    const { get } = await siteOf(app)
    const first = await get()
    expect((await get('/', { cookie: first })).text).toBe('2')
  })

  test('signs somebody in and out', async () => {
    const store = memory()
    const { get } = await siteOf(shop(make(), store))
    const stranger = await get('/')
    const signedIn = await get('/in', { cookie: stranger })
    expect(idOf(signedIn)).not.toBe(idOf(stranger))
    expect((await get('/', { cookie: signedIn })).text).toBe('Ada')
    expect((await get('/', { cookie: stranger })).text).toBe('nobody')
    await get('/out', { cookie: signedIn })
    expect((await get('/', { cookie: signedIn })).text).toBe('nobody')
  })

  function shop(app: ReturnType<typeof make>, store: ReturnType<typeof memory>) {
    return app
      .use(sessions({ store }))
      .use('/in', (request: SessionRequest, response: ExpressResponse) =>
        request.session.regenerate(() => {
          request.session.user = 'Ada'
          request.session.save(() => response.redirect('/'))
        }),
      )
      .use('/out', (request: SessionRequest, response: ExpressResponse) =>
        request.session.destroy(() => response.redirect('/')),
      )
      .use((request: SessionRequest, response: ExpressResponse) =>
        response.send(String(request.session.user ?? 'nobody')),
      )
  }
})
