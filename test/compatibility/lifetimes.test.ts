import express, { type Request } from 'express'
// @ts-expect-error The package has no types of its own.
import expressSession from 'express-session'
import session, { Cookie, MemoryStore } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { describe, expect, test } from 'vitest'
import { GatedStore } from '../support/gated-store.ts'
import { type Answer, ask } from '../support/http-client.ts'
import { serve } from '../support/servers.ts'

const secret = 'a secret that only these tests know'
const hour = 3_600_000
const soon = (): Date => new Date(Date.now() + hour)

/** A session's cookie as an application that is not typed treats it. */
type AnyCookie = Record<string, unknown>

/** Every way to say how long a cookie lives. */
const ways: { readonly [way: string]: (cookie: AnyCookie, request: Request) => void } = {
  'nothing said': () => undefined,
  'expires = false': cookie => Object.assign(cookie, { expires: false }),
  'expires = null': cookie => Object.assign(cookie, { expires: null }),
  'expires = undefined': cookie => Object.assign(cookie, { expires: undefined }),
  'expires = a date': cookie => Object.assign(cookie, { expires: soon() }),
  'expires = the beginning of time': cookie => Object.assign(cookie, { expires: new Date(0) }),
  'maxAge = false': cookie => Object.assign(cookie, { maxAge: false }),
  'maxAge = null': cookie => Object.assign(cookie, { maxAge: null }),
  'maxAge = undefined': cookie => Object.assign(cookie, { maxAge: undefined }),
  'maxAge = 0': cookie => Object.assign(cookie, { maxAge: 0 }),
  'maxAge = an hour': cookie => Object.assign(cookie, { maxAge: hour }),
  'maxAge = a date': cookie => Object.assign(cookie, { maxAge: soon() }),
  'originalMaxAge = an hour': cookie => Object.assign(cookie, { originalMaxAge: hour }),
  'originalMaxAge = null': cookie => Object.assign(cookie, { originalMaxAge: null }),
  'originalMaxAge = false': cookie => Object.assign(cookie, { originalMaxAge: false }),
}

const configurations: { readonly [what: string]: AnyCookie } = {
  'no lifetime': {},
  'maxAge of a day': { maxAge: 24 * hour },
  'maxAge: false': { maxAge: false },
  'maxAge: null': { maxAge: null },
  'expires: false': { expires: false },
  'expires: a date': { expires: soon() },
}

const subjects: { readonly [subject: string]: (cookie: AnyCookie) => express.RequestHandler } = {
  'the memory store': cookie => ours(cookie, memoryStore()),
  'a store that answers later': cookie => ours(cookie, new GatedStore()),
  'a store for express-session': cookie => ours(cookie, new MemoryStore()),
}

describe.each(Object.entries(subjects))('as with express-session, on %s', (_subject, middlewareOf) => {
  describe.each(Object.entries(configurations))('with %s configured', (_what, cookie) => {
    test.each(Object.entries(ways))(
      'a visitor who signs in with `%s` stays, or does not stay',
      async (_way, set) => {
        expect(await story(middlewareOf(cookie), set)).toEqual(await story(theirs(cookie), set))
      },
    )
  })

  test.each(Object.entries(configurations))('a new cookie object with %s counts', async (_what, options) => {
    const make = (CookieClass: new (given: never) => object) => (_cookie: AnyCookie, request: Request) => {
      Object.assign(request.session, { cookie: new CookieClass(options as never) })
    }
    const held = await story(middlewareOf({}), make(Cookie))
    expect(held).toEqual(await story(theirs({}), make(expressSession.Cookie)))
  })
})

function ours(cookie: AnyCookie, store: object): express.RequestHandler {
  return session({ secret, cookie, store: store as never, resave: false, saveUninitialized: false })
}

function theirs(cookie: AnyCookie): express.RequestHandler {
  return expressSession({ secret, cookie, resave: false, saveUninitialized: false }) as express.RequestHandler
}

/** What a visitor sees who signs in, comes again, and changes something. */
async function story(middleware: express.RequestHandler, set: (cookie: AnyCookie, request: Request) => void) {
  const app = express()
  app.use(middleware)
  app.get('/sign-in', (request, response) => {
    Object.assign(request.session, { user: 'ada' })
    set(request.session.cookie as unknown as AnyCookie, request)
    response.end()
  })
  app.get('/', (request, response) => {
    const { user, cookie } = request.session as unknown as { user?: string; cookie: AnyCookie }
    response.json({ user: user ?? 'nobody', cookie: user && described(cookie) })
  })
  const port = await serve(app)
  const first = await ask(port, '/sign-in')
  const second = await ask(port, '/', { headers: { cookie: first.cookie } })
  return { lifetime: lifetimeIn(first), again: JSON.parse(second.body) }
}

/** How long a cookie lives, to the minute. Whether "until the browser is closed" is written as null or not at all is no difference. */
function described({ maxAge, originalMaxAge, expires }: AnyCookie): unknown {
  return { left: minutes(maxAge), original: minutes(originalMaxAge), isDate: expires instanceof Date }
}

function minutes(span: unknown): number | null {
  return typeof span === 'number' ? Math.round(span / 60_000) : null
}

function lifetimeIn({ cookies: [cookie = ''] }: Answer): unknown {
  const expires = /; Expires=([^;]+)/.exec(cookie)?.[1]
  if (cookie === '') return 'no cookie'
  return expires === undefined
    ? 'until the browser is closed'
    : minutes(Math.max(Date.parse(expires) - Date.now(), 0))
}
