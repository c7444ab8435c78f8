import express from 'express'
import session, { memoryStore, type SessionOptions } from 'sojourn'
import { describe, expect, test, vi } from 'vitest'
import { GatedStore } from '../../support/gated-store.ts'
import { ask, type Question } from '../../support/http-client.ts'
import { type Protocol, plain, type Route, type SessionRequest, serve } from '../../support/servers.ts'

const secret = 'a secret that only these tests know'

/** A request whose route calls the store itself, as with express-session. */
type StoredRequest = SessionRequest & {
  readonly sessionStore: {
    generate(request: StoredRequest): void
    createSession(request: StoredRequest, data: object): unknown
  }
}

describe('whether a connection is secure', () => {
  const secureOnly: SessionOptions = { cookie: { secure: true } }
  const forwarded = (value: string): Question => ({ headers: { 'X-Forwarded-Proto': value } })

  test('comes from the socket', async () => {
    expect(await hasCookie(secureOnly, {}, 'https')).toBe(true)
    expect(await hasCookie(secureOnly, {}, 'http')).toBe(false)
  })

  test('does not come from a header, unless the application trusts a proxy', async () => {
    expect(await hasCookie(secureOnly, forwarded('https'))).toBe(false)
    expect(await hasCookie({ ...secureOnly, proxy: false }, forwarded('https'))).toBe(false)
    expect(await hasCookie({ ...secureOnly, proxy: true }, forwarded('https'))).toBe(true)
  })

  test('comes from the first of several proxies', async () => {
    const options = { ...secureOnly, proxy: true }
    expect(await hasCookie(options, forwarded('https, http'))).toBe(true)
    expect(await hasCookie(options, forwarded('HTTPS'))).toBe(true)
    expect(await hasCookie(options, forwarded('http, https'))).toBe(false)
    expect(await hasCookie(options, forwarded(''))).toBe(false)
  })

  test('comes from the framework when the application does not say', async () => {
    const port = await serve((request, response) => {
      Object.assign(request, { secure: true })
      plain(session({ secret: 'exchange', store: new GatedStore(), ...secureOnly }), counting)(
        request,
        response,
      )
    })
    expect((await ask(port)).cookies).toHaveLength(1)
  })
})

describe('the session that a route leaves on the request', () => {
  test('is stored when it is a plain object', async () => {
    const store = new GatedStore()
    await visit(store, request => Object.assign(request, { session: { cart: ['tea'] } }))
    expect(store.only).toContain('"cart":["tea"]')
  })

  test('is stored when the route read the session, changed it and put it back', async () => {
    const store = new GatedStore()
    await visit(store, request => {
      const { session: kept } = request
      Object.assign(request, { session: null })
      kept.visits = 7
      Object.assign(request, { session: kept })
    })
    expect(store.only).toContain('7')
  })

  test('when it is null, is removed from the store with `unset`, and kept without it', async () => {
    for (const unset of ['destroy', 'keep'] as const) {
      const store = new GatedStore()
      const options: SessionOptions = { secret: 'exchange', store, unset }
      const port = await serve(
        plain(session(options), (request, response) => {
          if (request.url === '/out') Object.assign(request, { session: null })
          else request.session.visits = 1
          response.end()
        }),
      )
      const { cookie } = await ask(port)
      await ask(port, '/out', { headers: { cookie } })
      expect(store.size).toBe(unset === 'destroy' ? 0 : 1)
    }
  })
})

describe('the properties of a request', () => {
  test('show the same session each time, as own properties', async () => {
    const seen = await look(request => [
      Object.keys(request).includes('session'),
      [request.session].includes(request.session),
      { ...request }.session === request.session,
    ])
    expect(seen).toEqual([true, true, true])
  })

  test('show no session once it is deleted, and then whatever is assigned', async () => {
    const seen = await look(request => {
      const had = request.session !== undefined
      const isDeleted = Reflect.deleteProperty(request, 'session')
      const afterwards = request.session
      Object.assign(request, { session: { visits: 1 } })
      return [had, isDeleted, afterwards, request.session.visits]
    })
    expect(seen).toEqual([true, true, undefined, 1])
  })

  test('can be deleted before the first read', async () => {
    const seen = await look(request => {
      Reflect.deleteProperty(request, 'session')
      return ['session' in request, request.session]
    })
    expect(seen).toEqual([false, undefined])
  })

  test('have the same id as the session, and the id can be read first', async () => {
    const seen = await look(request => [typeof request.sessionID, request.sessionID === request.session.id])
    expect(seen).toEqual(['string', true])
  })

  test('can be destructured like any object', async () => {
    const seen = await look(request => {
      const { session, sessionID } = request
      return [session.id === sessionID]
    })
    expect(seen).toEqual([true])
  })
})

describe.each([
  ['a store that answers at once', () => memoryStore()],
  ['a store that answers later', () => new GatedStore()],
  ['a store for express-session', () => new session.MemoryStore()],
] as const)('with %s, before and after a first look', (_kind, makeStore) => {
  const deeds: { readonly [what: string]: readonly [(request: StoredRequest) => unknown, string] } = {
    'a session that the store generates takes the place of the visitor’s': [
      request => request.sessionStore.generate(request),
      '{}',
    ],
    'a session that the store makes of data takes the place of the visitor’s': [
      request => request.sessionStore.createSession(request, { cookie: {}, cart: 'tea' }),
      '{"cart":"tea"}',
    ],
    'so does one that the application constructs': [
      request => {
        const made = new session.Session(request as never, { cookie: new session.Cookie() })
        Object.assign(request, { session: Object.assign(made, { cart: 'tea' }) })
      },
      '{"cart":"tea"}',
    ],
    'data that was read from the store, and is what is there, changes nothing': [
      request => request.sessionStore.createSession(request, { cookie: {}, user: 'ada' }),
      '{"user":"ada"}',
    ],
  }
  const rows = Object.entries(deeds).flatMap(([what, [act, seen]]) =>
    [false, true].map(hasLooked => ({ what, act, seen, hasLooked })),
  )

  test.each(rows)('$what, read before: $hasLooked', async ({ act, seen, hasLooked }) => {
    const route: Route = (request, response) => {
      if (request.url === '/in') request.session['user'] = 'ada'
      if (request.url === '/act') {
        if (hasLooked) void request.session['user']
        act(request as StoredRequest)
      }
      const { cookie: _cookie, ...data } = request.session
      response.end(JSON.stringify(data))
    }
    const port = await serve(plain(session({ secret, store: makeStore() }), route))
    const { cookie } = await ask(port, '/in')
    const acted = await ask(port, '/act', { headers: { cookie } })
    expect((await ask(port, '/', { headers: { cookie: acted.cookie || cookie } })).body).toBe(seen)
  })
})

/** @see issue 13, point 5 */
test('a session that is first read after the answer stores nothing, and gives one warning', async () => {
  const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const route: Route = (request, response) => {
    response.end('done')
    request.session.late = 1
  }
  const port = await serve(plain(session({ secret: 'e'.repeat(32) }), route))
  for (let round = 0; round < 2; round += 1) expect((await ask(port)).cookies).toEqual([])
  const late = { type: 'SojournWarning', code: 'SOJOURN_TOO_LATE' }
  await vi.waitFor(() => expect(emit).toHaveBeenCalled(), 10_000)
  expect(emit.mock.calls).toEqual([[expect.stringContaining('after it'), late]])
  emit.mockRestore()
})

describe('a request that inherits from another one', () => {
  test.each([
    ['memory', undefined],
    ['a store that answers later', new GatedStore()],
  ] as const)('shows, changes and replaces the same session, on %s', async (_name, store) => {
    const middleware = session({ secret: 'exchange', store })
    const port = await serve(
      plain(middleware, (request, response) => {
        const derived: SessionRequest = Object.create(request)
        const { session: before } = derived
        if (request.url === '/change') derived.session.visits = 1
        if (request.url === '/replace') Object.assign(derived, { session: { visits: 2 } })
        response.end(
          `${before === request.session} ${derived.session.visits} ${derived.sessionID === request.sessionID}`,
        )
      }),
    )
    const { cookie, body } = await ask(port, '/change')
    expect(body).toBe('true 1 true')
    await ask(port, '/replace', { headers: { cookie } })
    expect((await ask(port, '/', { headers: { cookie } })).body).toBe('true 2 true')
  })
})

describe('a request that cannot carry a session', () => {
  const begin = (request: object, response: object): unknown => {
    const errors: unknown[] = []
    session({ secret: 'exchange' })(request as never, response as never, error => errors.push(error))
    return errors[0]
  }
  const request = (): object => ({ url: '/', headers: {}, method: 'GET' })

  test.each<[string, () => unknown]>([
    ['a frozen request', () => begin(Object.freeze(request()), {})],
    ['a frozen response', () => begin(request(), Object.freeze({ end() {} }))],
    [
      'a request that refuses properties',
      () => begin(new Proxy(request(), { defineProperty: () => false, set: () => false }), {}),
    ],
  ])('gives one clear error to `next`: %s', (_what, attempt) => {
    expect(attempt()).toMatchObject({ code: 'MESSAGE_UNUSABLE', cause: expect.any(TypeError) })
  })

  test.each<[string, () => object]>([
    ['without headers', () => ({ url: '/' })],
    ['without anything', () => ({})],
    ['behind a proxy', () => new Proxy(request(), {})],
  ])('a request %s has a session', (_what, make) => {
    const made = make()
    expect(begin(made, {})).toBeUndefined()
    expect(Reflect.get(made, 'session')).toMatchObject({ cookie: expect.anything() })
  })
})

describe('the device of a sign-in', () => {
  const forwarded = { 'User-Agent': 'Browser/1.0', 'X-Forwarded-For': '203.0.113.9, 198.51.100.7' }

  test('without a framework its address is the other end of the connection, whatever a header says', async () => {
    expect(await deviceOf({}, forwarded)).toEqual({ userAgent: 'Browser/1.0', address: '127.0.0.1' })
  })

  test('with Express its address is that of Express, which trusts a proxy only if the application says so', async () => {
    const device = { userAgent: 'Browser/1.0' }
    expect(await deviceOf({}, forwarded, express())).toEqual({ ...device, address: '127.0.0.1' })
    const trusting = express().set('trust proxy', 1)
    expect(await deviceOf({}, forwarded, trusting)).toEqual({ ...device, address: '198.51.100.7' })
  })

  test('its address is truncated or left out if the application wants that', async () => {
    const trusting = () => express().set('trust proxy', true)
    expect(await deviceOf({ addresses: 'truncated' }, forwarded, trusting())).toMatchObject({
      address: '203.0.113.0/24',
    })
    expect(await deviceOf({ addresses: 'none' }, forwarded, trusting())).toEqual({ userAgent: 'Browser/1.0' })
  })

  test('its user agent is cut and cleaned, and may be missing', async () => {
    const long = { 'User-Agent': `a\tb\u0085${'x'.repeat(4000)}` }
    expect(await deviceOf({ addresses: 'none' }, long)).toEqual({ userAgent: `ab${'x'.repeat(252)}` })
    expect(await deviceOf({ addresses: 'none' }, {})).toEqual({})
    const wrong = { 'X-Forwarded-For': '<script>' }
    expect(await deviceOf({}, wrong, express().set('trust proxy', true))).toEqual({})
  })

  test('an anonymous session has no device', async () => {
    const store = memoryStore()
    const port = await serve(plain(session({ secret: 'exchange', store }), counting))
    await ask(port, '/', { headers: forwarded })
    expect([...store.records()].map(({ device }) => device)).toEqual([undefined])
  })
})

const counting: Route = (request, response) => {
  request.session.visits = 1
  response.end('whole')
}

async function hasCookie(
  options: SessionOptions,
  question: Question,
  protocol: Protocol = 'http',
): Promise<boolean> {
  const store = new GatedStore()
  const port = await serve(plain(session({ secret: 'exchange', store, ...options }), counting), protocol)
  const answer = await ask(port, '/', { ...question, isSecure: protocol === 'https' })
  expect(answer.body).toBe('whole')
  return answer.cookies.length === 1
}

async function visit(store: GatedStore, change: (request: Parameters<Route>[0]) => unknown): Promise<void> {
  const route: Route = (request, response) => {
    change(request)
    response.end()
  }
  await ask(await serve(plain(session({ secret: 'exchange', store }), route)))
}

/** The device in the list of a subject's sessions after a sign-in with these headers. */
async function deviceOf(
  options: SessionOptions,
  headers: Readonly<Record<string, string>>,
  app?: express.Express,
): Promise<unknown> {
  const middleware = session({ secret: 'exchange', ...options })
  const route: Route = async (request, response) => {
    await request.session.signIn('ada')
    response.end()
  }
  app?.use(middleware, route as never)
  expect((await ask(await serve(app ?? plain(middleware, route)), '/', { headers })).status).toBe(200)
  const [summary] = await middleware.sessions.of('ada').list()
  return summary?.device
}

test('two middlewares on one request: the second leaves the session of the first', async () => {
  const first = session({ secret: 'one', name: 'first' })
  const second = session({ secret: 'two', name: 'second' })
  const route: Route = (request, response) => {
    request.session.visits = 1
    response.end('whole')
  }
  const inner = plain(second, route)
  const port = await serve((request, response) => first(request, response, () => inner(request, response)))
  const { cookies } = await ask(port)
  expect(cookies).toHaveLength(1)
  expect(cookies[0]).toMatch(/^first=/)
})

test('a mock of a request, as tests make them, has a session too', () => {
  const request: Record<string, unknown> = { url: '/', headers: {}, method: 'GET' }
  const calls: unknown[] = []
  const middleware = session({ secret: 'exchange' })
  middleware(request as never, { headersSent: false } as never, error => calls.push(error))
  expect(calls).toEqual([undefined])
  expect(request.session).toMatchObject({ cookie: expect.anything() })
  expect(typeof request.sessionID).toBe('string')
})

/** A request as a route sees it with the memory store, which loads nothing before the first read. */
async function look(see: (request: SessionRequest) => readonly unknown[]): Promise<readonly unknown[]> {
  let seen: readonly unknown[] = []
  const port = await serve(
    plain(session({ secret: 'exchange' }), (request, response) => {
      seen = see(request)
      response.end()
    }),
  )
  await ask(port)
  return seen
}
