import { createServer } from 'node:http2'
import { describe, expect, onTestFinished, test } from 'vitest'
import { askHttp2, cookieNamed, deferred, expiryOf, idOf } from './client.ts'
import { cookieParser, expresses } from './frameworks.ts'
import {
  countCalls,
  countViews,
  type Listener,
  lengthOf,
  memory,
  type Route,
  sayNothing,
  secureSiteOf,
  sessions,
  signedCookie,
  signedValue,
  site,
  siteOf,
  stored,
  withErrorHandler,
} from './site.ts'
import { isOurs, type SessionRequest } from './subject.ts'

/**
 * Where this project differs from express-session on purpose: its repaired defects, by the numbers that
 * docs/migrating.md gives them. Nothing here holds for express-session itself.
 */
describe.runIf(isOurs)('repaired', () => {
  /** @see security-cases C3: whoever interprets quotes lets a sibling's cookie swallow the next one. */
  test('a cookie in quotes is not the cookie', async () => {
    const { get } = await site({}, countViews)
    const value = signedValue(idOf(await get()))
    expect((await get('/', { cookie: `connect.sid="${value}"` })).text).toBe('1')
  })

  describe('Q1: a cookie function may say auto', () => {
    test('for secure, which is then false on a plain connection and true over TLS', async () => {
      const own = { cookie: () => ({ secure: 'auto' }) }
      const plain = await site(own)
      const secure = await secureSiteOf(withErrorHandler(sessions(own), sayNothing))
      expect(cookieNamed(await plain.get())?.attributes).not.toHaveProperty('secure')
      expect(cookieNamed(await secure.get())?.attributes.secure).toBe(true)
    })

    test('for sameSite, which is then Lax on a plain connection and None over TLS', async () => {
      const own = { cookie: () => ({ secure: 'auto', sameSite: 'auto' }) }
      const plain = await site(own)
      const secure = await secureSiteOf(withErrorHandler(sessions(own), sayNothing))
      expect(cookieNamed(await plain.get())?.attributes.samesite).toBe('Lax')
      expect(cookieNamed(await secure.get())?.attributes.samesite).toBe('None')
    })
  })

  describe('Q2: a cookie path covers what browsers say it covers', () => {
    test.each([
      ['/admin', 'object'],
      ['/admin/', 'object'],
      ['/admin/users', 'object'],
      ['/admin?x=1', 'object'],
      ['/administrator', 'undefined'],
      ['/admin-old', 'undefined'],
    ])('/admin at %s: %s', async (path, kind) => {
      const { get } = await site({ cookie: { path: '/admin' } }, tellSession)
      expect((await get(path)).text).toBe(kind)
    })

    test('/admin/ with its slash covers what is below it', async () => {
      const { get } = await site({ cookie: { path: '/admin/' } }, tellSession)
      expect((await get('/admin/users')).text).toBe('object')
      expect((await get('/administrator')).text).toBe('undefined')
    })

    const tellSession: Route = (request, response) => response.end(typeof request.session)
  })

  describe('Q3: every form of end works', () => {
    const forms: [string, (response: Parameters<Route>[1], done: () => void) => unknown, string][] = [
      ['end(callback)', (response, done) => response.end(done), ''],
      ['end(chunk, callback)', (response, done) => response.end('body', done), 'body'],
      [
        'end(chunk, encoding, callback)',
        (response, done) => response.end('Ym9keQ==', 'base64', done),
        'body',
      ],
      ['end(chunk, callback) with a length', (response, done) => sized(response).end('body', done), 'body'],
    ]

    test.each(forms)('%s calls back, and sends the body', async (_form, end, text) => {
      const { promise, resolve } = deferred<void>()
      const { get } = await site({}, (_request, response) => void end(response, () => resolve()))
      expect((await get()).text).toBe(text)
      await promise
    })

    test.each(forms)('%s answers with the response', async (_form, end) => {
      const seen: boolean[] = []
      const { get } = await site({}, (_request, response) => {
        seen.push(end(response, () => {}) === response)
      })
      await get()
      expect(seen).toEqual([true])
    })

    test('end answers with the response while a store is slow, too', async () => {
      const store = memory()
      const { set } = store
      store.set = (...asked) => void setTimeout(() => set.apply(store, asked), 10)
      const seen: boolean[] = []
      const { get } = await site({ store }, (_request, response) => {
        seen.push(response.end('body') === response)
      })
      expect((await get()).text).toBe('body')
      expect(seen).toEqual([true])
    })

    test('end with a length and an empty text waits for the save', async () => {
      const store = memory()
      const { set } = store
      store.set = (...asked) => void setTimeout(() => set.apply(store, asked), 20)
      const { get } = await site({ store }, (_request, response) => {
        response.setHeader('Content-Length', 0)
        response.end('')
      })
      expect(await stored(store, idOf(await get()))).toBeDefined()
    })

    function sized(response: Parameters<Route>[1]): Parameters<Route>[1] {
      response.setHeader('Content-Length', 4)
      return response
    }
  })

  test('Q4: a session lives over HTTP/2', async () => {
    const listener: Listener = withErrorHandler(sessions(), countViews)
    // The compatibility API hands out objects that are made to be used as those of HTTP/1.
    const server = createServer((request, response) => listener(request as never, response as never))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const first = await askHttp2(server)
    expect([first.status, first.text, first.cookies.length]).toEqual([200, '1', 1])
    expect((await askHttp2(server, first)).text).toBe('2')
  })

  describe('Q5: two middlewares with one store keep their own options', () => {
    test('for their ids and their cookies', async () => {
      const store = memory()
      const one = await site({ store, genid: () => 'of-one', cookie: { httpOnly: false } })
      const other = await site({ store, genid: () => 'of-other', cookie: {} })
      const [first, second] = [await one.get(), await other.get()]
      expect([idOf(first), idOf(second)]).toEqual(['of-one', 'of-other'])
      expect(cookieNamed(first)?.attributes).not.toHaveProperty('httponly')
      expect(cookieNamed(second)?.attributes).toHaveProperty('httponly')
    })

    test('when a session is regenerated, too', async () => {
      const store = memory()
      let count = 0
      const one = await site({ store, genid: () => `of-one-${count++}` }, ({ session }, response) =>
        session.regenerate(() => response.end()),
      )
      await site({ store, genid: () => 'of-other' })
      expect(idOf(await one.get())).toBe('of-one-1')
    })
  })

  test('Q6: regenerate and save write once', async () => {
    const store = memory()
    const { get } = await site({ store }, (request, response) =>
      request.session.regenerate(() => {
        request.session.user = 'Ada'
        request.session.save(() => response.end())
      }),
    )
    const calls = countCalls(store)
    const answer = await get()
    expect(calls.set).toBe(1)
    expect(await stored(store, idOf(answer))).toMatchObject({ user: 'Ada' })
  })

  test('Q7: a hardened configuration reaches the people who are signed in', async () => {
    const store = memory()
    const { get } = await site({ store, rolling: true, cookie: { sameSite: 'strict' } })
    store.set('known', {
      cookie: { httpOnly: false, path: '/old', domain: 'old.example', originalMaxAge: null },
    })
    const answer = await get('/', { cookie: signedCookie('known') })
    expect(cookieNamed(answer)?.attributes).toEqual({ path: '/', httponly: true, samesite: 'Strict' })
  })

  test('Q8: a cookie signed by an old secret is signed anew', async () => {
    const store = memory()
    const { get } = await site({ store, secret: ['new', 'old'] }, countViews)
    store.set('known', { cookie: {}, views: 1 })
    const answer = await get('/', { cookie: signedCookie('known', 'old') })
    expect([answer.text, cookieNamed(answer)?.value]).toEqual(['2', signedValue('known', 'new')])
  })

  test.each([
    ['after one that is forged', (own: string) => `connect.sid=s%3Aforged.bm8; ${own}`],
    ['after one that nobody signed', (own: string) => `connect.sid=unsigned; ${own}`],
    ['before one that is forged', (own: string) => `${own}; connect.sid=s%3Aforged.bm8`],
  ])('Q9: the valid cookie is found %s', async (_where, header) => {
    const { get } = await site({}, countViews)
    const own = signedCookie(idOf(await get()))
    expect((await get('/', { cookie: header(own) })).text).toBe('2')
  })

  describe('Q11: overlapping requests', () => {
    test('that change different keys both count', async () => {
      const { site: shared, isIn, release } = await gated()
      const first = await shared.get('/quick?start=1')
      const slow = shared.get('/slow?slow=1', { cookie: first })
      await isIn
      await shared.get('/quick?quick=1', { cookie: first })
      release()
      await slow
      expect(JSON.parse((await shared.get('/quick', { cookie: first })).text)).toEqual([
        'quick',
        'slow',
        'start',
      ])
    })

    test('do not bring back a session that one of them ended', async () => {
      const { site: shared, store, isIn, release } = await gated()
      const first = await shared.get('/quick?start=1')
      const slow = shared.get('/slow?slow=1', { cookie: first })
      await isIn
      await shared.get('/out', { cookie: first })
      release()
      await slow.catch(() => undefined)
      expect(await stored(store, idOf(first))).toBeUndefined()
      expect(await lengthOf(store)).toBe(0)
    })

    /** A site whose slow route waits, with the session in its hands, until it is released. */
    async function gated() {
      const store = memory()
      const gate = deferred<void>()
      const isIn = deferred<void>()
      const route: Route = (request, response) => {
        if (request.url === '/out') return void request.session.destroy(() => response.end())
        const change = () => write(request, response)
        if (!request.url.startsWith('/slow')) return change()
        isIn.resolve()
        void gate.promise.then(change)
      }
      const shared = await site({ store }, route)
      return { site: shared, store, isIn: isIn.promise, release: () => gate.resolve() }
    }

    function write(request: SessionRequest, response: Parameters<Route>[1]): void {
      const key = new URLSearchParams(request.url.split('?')[1]).keys().next().value
      if (key !== undefined) request.session[key] = true
      response.end(
        JSON.stringify(
          Object.keys(request.session)
            .filter(name => name !== 'cookie')
            .sort(),
        ),
      )
    }
  })

  describe('Q12: no shared cache keeps a cookie', () => {
    test('because the answer that sets one says no-store', async () => {
      const { get } = await site()
      const first = await get()
      expect(first.headers['cache-control']).toBe('no-store')
      expect((await get('/', { cookie: first })).headers).not.toHaveProperty('cache-control')
    })

    test('unless the application chose', async () => {
      const { get } = await site({}, (_request, response) => {
        response.setHeader('Cache-Control', 'private')
        response.end()
      })
      expect((await get()).headers['cache-control']).toBe('private')
    })
  })

  test('Q13: a changed age alone is stored and sent', async () => {
    const store = memory()
    const { get } = await site({ store, resave: false }, ({ session, url }, response) => {
      if (url === '/longer') session.cookie.maxAge = 600_000
      response.end(String(session.cookie.originalMaxAge))
    })
    const first = await get()
    const longer = await get('/longer', { cookie: first })
    expect(expiryOf(longer)).toBeGreaterThan(Date.now() + 500_000)
    expect((await get('/', { cookie: first })).text).toBe('600000')
  })

  describe('Q14: destroy takes the cookie away', () => {
    test('from a browser that brought one', async () => {
      const { get } = await site({ cookie: { path: '/' } }, (request, response) => {
        if (request.url === '/') return countViews(request, response)
        request.session.destroy(() => response.end())
      })
      const first = await get()
      const out = await get('/out', { cookie: first })
      expect(cookieNamed(out)?.value).toBe('')
      expect(expiryOf(out)).toBeLessThan(Date.now())
      expect(cookieNamed(out)?.attributes.path).toBe('/')
    })

    test('from nobody else', async () => {
      const { get } = await site({}, ({ session }, response) => session.destroy(() => response.end()))
      expect((await get()).cookies).toEqual([])
    })
  })

  test('both Max-Age and Expires are sent', async () => {
    const { get } = await site({ cookie: { maxAge: 60_000 } })
    const { attributes } = cookieNamed(await get())!
    expect(attributes['max-age']).toBe('60')
    expect(attributes.expires).toBeTypeOf('string')
  })

  test.each(['j%3A%7B%22a%22%3A1%7D', 'j%3Anull', 'j%3A%5B%5D', 'j%3A1'])(
    'a JSON cookie %s of cookie-parser is harmless',
    async value => {
      const parse = cookieParser('other')
      const middleware = sessions()
      const { get } = await siteOf(
        withErrorHandler(
          (request, response, next) =>
            parse(request, response, () => {
              delete request.headers.cookie
              middleware(request, response, next)
            }),
          countViews,
        ),
      )
      const answer = await get('/', { cookie: `connect.sid=${value}` })
      expect([answer.status, answer.text]).toEqual([200, '1'])
    },
  )

  test.each(expresses)('%s gets an object that replaces req.session as its data', async (_name, make) => {
    const app = make()
      .use(sessions())
      .use((request, response) => {
        if (request.url === '/set') Reflect.set(request, 'session', { user: 'Ada' })
        response.end(String(request.session.user))
      })
    const { get } = await siteOf(app)
    const first = await get('/set')
    expect((await get('/', { cookie: first })).text).toBe('Ada')
  })

  test('a store that calls back twice runs the route once', async () => {
    const store = memory()
    const { get: ordinary } = store
    store.get = (id, callback) =>
      ordinary.call(store, id, (...answer) => {
        callback(...answer)
        callback(...answer)
      })
    let runs = 0
    const { get } = await site({ store }, (request, response) => {
      runs++
      countViews(request, response)
    })
    const first = await get()
    expect((await get('/', { cookie: first })).text).toBe('2')
    expect(runs).toBe(2)
  })
})
