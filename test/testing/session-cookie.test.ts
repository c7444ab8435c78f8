import express, { type Express } from 'express'
import session, { createSessions, MemoryStore, type SessionMiddleware, type SessionOptions } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { fakeClock, sessionCookie } from 'sojourn/testing'
import supertest from 'supertest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ScriptedStore } from '../stores/scripted-store.ts'
import { chromium, launch } from '../support/chromium.ts'
import { GatedStore } from '../support/gated-store.ts'
import { later } from '../support/late-store.ts'
import { codeOf, serve } from '../support/servers.ts'
import { describeWith } from '../support/service.ts'

declare module 'sojourn' {
  interface SessionData {
    basket: string[]
  }
}

const secret = 'a secret that only these tests know'
const key = { id: '1', secret: 'x'.repeat(43) }

/** They know whose sessions are whose. */
const stores: { readonly [kind: string]: () => NonNullable<SessionOptions['store']> } = {
  'a store that answers at once': () => memoryStore(),
  'a store that answers later': () => later(memoryStore()),
}

const otherStores: typeof stores = {
  'a store of five verbs': () => new GatedStore(),
  'the memory store of express-session': () => new MemoryStore(),
  'another store for express-session': () => new ScriptedStore(),
}

const options: { readonly [what: string]: SessionOptions } = {
  'a secret': { secret },
  keys: { keys: [key] },
  'a lifetime': { secret, cookie: { maxAge: 86_400_000 } },
  'a name with __Host-': { secret, name: '__Host-sid', cookie: { secure: true } },
  'secure and SameSite as the connection is': { secret, cookie: { secure: 'auto', sameSite: 'auto' } },
  'all attributes': {
    secret,
    cookie: {
      domain: 'example.com',
      path: '/shop',
      httpOnly: false,
      secure: true,
      sameSite: 'none',
      partitioned: true,
      priority: 'high',
    },
  },
}

describe('a prepared cookie', () => {
  for (const [kind, storeOf] of Object.entries(stores)) {
    for (const [what, given] of Object.entries(options)) {
      test(`is the one that the server sends, and signs in: ${kind}, ${what}`, async () => {
        const { app, middleware } = appOn({ ...given, store: storeOf(), clock: fakeClock() })
        const cookie = await sessionCookie(middleware.sessions, { subject: 'ada', data: { basket: ['tea'] } })
        const sent = await supertest(app).post('/shop').set('X-Forwarded-Proto', 'https')
        expect(withoutValue(cookie.setCookie)).toBe(withoutValue(String(sent.headers['set-cookie'])))
        expect(cookie.header).toBe(`${cookie.name}=${cookie.value}`)
        const { body } = await supertest(app).get('/shop').set('Cookie', cookie.header)
        expect(body).toEqual({ subject: 'ada', basket: ['tea'] })
      })
    }
  }

  for (const [kind, storeOf] of Object.entries({ ...stores, ...otherStores })) {
    for (const [what, given] of Object.entries(options)) {
      test(`carries data for a visitor who has not signed in: ${kind}, ${what}`, async () => {
        const { app, middleware } = appOn({ ...given, store: storeOf(), clock: fakeClock() })
        const cookie = await sessionCookie(middleware.sessions, { data: { basket: ['tea'] } })
        const sent = await supertest(app).put('/shop').set('X-Forwarded-Proto', 'https')
        expect(withoutValue(cookie.setCookie)).toBe(withoutValue(String(sent.headers['set-cookie'])))
        const { body } = await supertest(app).get('/shop').set('Cookie', cookie.header)
        expect(body).toEqual({ basket: ['tea'] })
      })
    }
  }

  test('does not sign in with a store for express-session, as no application can', async () => {
    const { sessions } = session({ secret, store: new MemoryStore() })
    expect(await sessionCookie(sessions, { subject: 'ada' }).catch(codeOf)).toBe('STORE_UNABLE')
  })

  test('is of a session that goes on from there, as in the cookie jar of an agent', async () => {
    const { app, middleware } = appOn({ secret })
    const cookie = await sessionCookie(middleware.sessions, { subject: 'ada' })
    const agent = supertest.agent(app)
    agent.jar.setCookie(cookie.setCookie, '127.0.0.1')
    expect((await agent.get('/')).body).toEqual({ subject: 'ada' })
    await agent.post('/')
    expect((await agent.get('/')).body).toEqual({ subject: 'bob', basket: ['tea'] })
  })

  test('ages by the clock of the application', async () => {
    const clock = fakeClock()
    const { app, middleware } = appOn({ secret, clock, idle: '20m' })
    const cookie = await sessionCookie(middleware.sessions, { subject: 'ada' })
    clock.advance(25 * 60_000)
    expect((await supertest(app).get('/').set('Cookie', cookie.header)).body).toEqual({})
  })

  test('is made for a manager without a framework, too', async () => {
    const sessions = createSessions<{ basket: string[] }>({ secret })
    const { header } = await sessionCookie(sessions, { subject: 7, data: { basket: [] } })
    const visit = sessions.visit({ cookieHeader: header, isSecure: true, request: undefined })
    await visit.open()
    expect(visit.session).toMatchObject({ subject: '7', basket: [] })
  })

  test('is made for the request that a test describes', async () => {
    const { sessions } = session({ cookie: request => ({ path: String(Reflect.get(request, 'baseUrl')) }) })
    const carrier = { secret, userAgent: 'Browser/1.0', request: { baseUrl: '/shop' } }
    const { setCookie } = await sessionCookie(sessions, { subject: 'ada', carrier })
    expect(setCookie).toMatch('; Path=/shop')
    expect(await sessions.of('ada').list()).toMatchObject([{ device: { userAgent: 'Browser/1.0' } }])
  })
})

describe('one sentence says what is wrong', () => {
  const { sessions } = session({ secret })
  const cases: { readonly [what: string]: readonly [unknown, unknown, string] } = {
    'the middleware': [session({ secret }), { subject: 'ada' }, 'got a function.'],
    'no manager': [undefined, { subject: 'ada' }, 'Expected the manager to be `session(…).sessions`'],
    'a subject in the place of the options': [sessions, 'ada', 'such as `{ subject: user.id }`'],
    'no options': [sessions, undefined, 'such as `{ subject: user.id }`'],
    'an empty session': [sessions, { data: {} }, 'an empty session is not stored and has no cookie'],
    'data that is a list': [sessions, { data: ['tea'] }, 'Expected `data` to be an object'],
  }
  for (const [what, [manager, given, sentence]] of Object.entries(cases)) {
    test(`when it is given ${what}`, async () => {
      const making = sessionCookie(manager as never, given as never)
      await expect(making).rejects.toThrow(sentence)
      await expect(making).rejects.toMatchObject({ code: 'OPTION_INVALID' })
    })
  }

  test('when a sign-in or a save refuses what it is given', async () => {
    const strict = createSessions({ secret })
    const codes = [{ subject: {} }, { data: { when: () => 0 } }].map(given =>
      sessionCookie(strict, given as never).catch(codeOf),
    )
    expect(await Promise.all(codes)).toEqual(['SUBJECT_INVALID', 'VALUE_UNSUPPORTED'])
  })

  test('when the store fails', async () => {
    const store = new GatedStore()
    store.break('rejects', 'create')
    const failing = createSessions({ secret, store })
    expect(await sessionCookie(failing, { data: { basket: [] } }).catch(codeOf)).toBe('STORE_FAILED')
  })
})

describe('for a browser', () => {
  const at = async (given: SessionOptions, url = 'http://localhost:3000/') => {
    const { sessions } = session({ ...given, clock: fakeClock() })
    return (await sessionCookie(sessions, { subject: 'ada' })).forBrowser(url)
  }

  test('the cookie belongs to the host of the URL, and ends with the browser', async () => {
    expect(await at({ secret })).toEqual({
      name: 'connect.sid',
      value: expect.stringMatching(/^s%3A/),
      domain: 'localhost',
      path: '/',
      expires: -1,
      httpOnly: true,
      secure: false,
    })
  })

  test('its attributes are those of the header', async () => {
    expect(await at(options['all attributes']!)).toMatchObject({
      domain: '.example.com',
      path: '/shop',
      httpOnly: false,
      secure: true,
      sameSite: 'None',
    })
  })

  test('its lifetime begins now, whatever the clock of the application shows', async () => {
    const { expires } = await at(options['a lifetime']!)
    expect(Math.abs(expires - Date.now() / 1000 - 86_400)).toBeLessThan(100)
  })
})

describeWith(chromium, 'a browser', program => {
  let browser: Awaited<ReturnType<typeof launch>>
  beforeAll(async () => {
    browser = await launch(program)
  })
  afterAll(() => browser.close())

  for (const [what, given] of Object.entries(options)) {
    test(`is signed in by it: ${what}`, async () => {
      const { cookie = {}, ...rest } = given
      const { app, middleware } = appOn({ ...rest, cookie: { ...cookie, domain: undefined } })
      const url = `http://localhost:${await serve(app)}/shop`
      const prepared = await sessionCookie(middleware.sessions, { subject: 'ada' })
      const context = await browser.newContext()
      await context.addCookies([prepared.forBrowser(url)])
      const page = await context.newPage()
      await page.goto(url)
      expect(await page.textContent('body')).toBe('{"subject":"ada"}')
      await context.close()
    })
  }
})

function appOn(given: SessionOptions): { readonly app: Express; readonly middleware: SessionMiddleware } {
  const app = express()
  const middleware = session(given)
  app.set('trust proxy', true)
  app.use(middleware)
  app.get(/.*/, ({ session: { subject, basket } }, response) => void response.json({ subject, basket }))
  app.put(/.*/, (request, response) => {
    request.session.basket = ['tea']
    response.end()
  })
  app.post(/.*/, async (request, response) => {
    await request.session.signIn('bob')
    request.session.basket = ['tea']
    response.end()
  })
  return { app, middleware }
}

function withoutValue(setCookie: string): string {
  return setCookie.replace(/=[^;]*/, '')
}
