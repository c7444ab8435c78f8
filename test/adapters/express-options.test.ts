import { createSecretKey } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { memoryStore } from 'sojourn'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Signer } from '../../src/core/cookies/secret-signer.ts'
import { Web } from '../session/web.ts'
import { ScriptedStore } from '../stores/scripted-store.ts'

const secret = 'a secret of the test, which is long enough'
const opened: Web[] = []
let warnings: { readonly message: string; readonly code: string }[] = []
let session: any

// A process gives each warning once, so each test loads its own copy of the library.
beforeEach(async () => {
  vi.resetModules()
  session = (await import('sojourn')).default
  warnings = []
  vi.spyOn(process, 'emitWarning').mockImplementation((message, options) => {
    warnings.push({ message: String(message), code: (options as { readonly code: string }).code })
  })
})

afterEach(async () => {
  vi.restoreAllMocks()
  await Promise.all(opened.splice(0).map(web => web.close()))
})

async function openWeb(options: object | null, before?: (request: any) => void): Promise<Web> {
  const middleware = session(options)
  const handle = (request: any, response: any, next: any): void => {
    before?.(request)
    middleware(request, response, next)
  }
  const web = await new Web(Object.assign(handle, { sessions: middleware.sessions })).open()
  opened.push(web)
  return web
    .on('/in', ({ session }) => void (session.user = 'ada'))
    .on('/look', ({ session }) => JSON.stringify(session?.user ?? null))
}

/** Whether a session survives to the next request. */
async function works(web: Web, path = ''): Promise<boolean> {
  web.on(`${path}/in`, ({ session }) => void (session.user = 'ada'))
  web.on(`${path}/look`, ({ session }) => JSON.stringify(session.user ?? null))
  const { cookie } = await web.get(`${path}/in`)
  return (await web.get(`${path}/look`, cookie)).body === '"ada"'
}

describe('where express-session throws, the drop-in throws, in the same words', () => {
  test.each<[object, string]>([
    [{ secret, genid: 'x' }, 'genid option must be a function'],
    [{ secret, genid: 1 }, 'genid option must be a function'],
    [{ secret, unset: 'x' }, 'unset option must be "destroy" or "keep"'],
    [{ secret, unset: true }, 'unset option must be "destroy" or "keep"'],
    [{ secret: [] }, 'secret option array must contain one or more strings'],
  ])('%j', (options, message) => {
    expect(() => session(options)).toThrow(new TypeError(message))
  })

  test('of several mistakes the error names the one that express-session names', () => {
    expect(() => session({ genid: 1, unset: 1, secret: [] })).toThrow('genid option')
    expect(() => session({ unset: 1, secret: [] })).toThrow('unset option')
  })
})

/** @see issue 13, point 6 */
describe('a value that is no store is refused, with an error that says what to write', () => {
  const nodeRedis = { sendCommand() {}, get() {}, set() {}, destroy() {}, on() {} }
  const ioredis = { sendCommand() {}, call() {}, get() {}, set() {}, on() {} }

  test.each<[string, unknown, string]>([
    ['a URL', 'redis://ada:hunter2@db.test:6379/0', 'Open the store of a URL with `openStore(url)`'],
    ['an address', new URL('redis://ada:hunter2@db.test'), 'Open the store of a URL with `openStore(url)`'],
    ['a promise', Promise.resolve(memoryStore()), 'Await it'],
    ['a client of node-redis', nodeRedis, '`redisStore({ client })`'],
    ['a client of ioredis', ioredis, '`redisStore({ client })`'],
    ['a function', memoryStore, 'Call it'],
    ['an empty object', {}, "`openStore('redis://…')`"],
    ['half a store', { get() {}, set() {} }, "`openStore('redis://…')`"],
    ['a number', 42, "`openStore('redis://…')`"],
    ['true', true, "`openStore('redis://…')`"],
  ])('%s', (_what, store, remedy) => {
    for (const make of [session, session.createSessions]) {
      const refusal = refusalOf(() => make({ secret, store }))
      expect(refusal).toMatch(
        /^(store\.on is not a function\. )?Expected `store` to be a store, got [^.]*\. .*\.$/,
      )
      expect(refusal).toContain(remedy)
      expect(refusal).not.toMatch(/hunter2|db\.test/)
    }
    expect(warnings).toEqual([])
  })

  test('where express-session throws too, the error contains its words', () => {
    for (const store of [{}, { get() {} }]) {
      const attempt = (): unknown => session({ secret, store })
      expect(attempt).toThrow(TypeError)
      expect(attempt).toThrow(/^store\.on is not a function\b/)
    }
  })
})

/** @see issue 13, point 6 */
describe('two middlewares', () => {
  const visits = async (...middlewares: any[]): Promise<void> => {
    const web = await new Web(...middlewares).open()
    opened.push(web)
    for (const path of ['/a/look', '/b/look', '/a/look']) await web.get(path)
  }
  /** An application in which each middleware serves its own path. */
  const mounted =
    (middlewares: { readonly [path: string]: any }): any =>
    (request: any, ...rest: any) => {
      const path = Object.keys(middlewares).find(each => request.url.startsWith(each))
      return middlewares[path ?? '']?.(request, ...rest)
    }
  const twice = { message: expect.stringMatching(/^Expected one session .*\.$/), code: 'SOJOURN_TWICE' }
  const name = { message: expect.stringMatching(/^Expected .*`shop\.sid`.*\.$/), code: 'SOJOURN_NAME' }

  test('on one request give one warning, and the second does nothing', async () => {
    await visits(session({ secret }), session({ secret, name: 'other' }))
    expect(warnings).toEqual([twice])
  })

  test('the same one twice, or a session that the application has set, give none', async () => {
    const middleware = session({ secret })
    await visits(middleware, middleware)
    await visits(
      (request: any, _response: any, next: any) => next(Object.assign(request, { session: {} })),
      session({ secret }),
    )
    expect(warnings).toEqual([])
  })

  test('made anew for each request: only a few are remembered', async () => {
    const store = memoryStore()
    const make = vi.spyOn(globalThis, 'WeakRef')
    const anew: any = (...args: any) => Reflect.apply(session({ secret, store }), undefined, args)
    const web = await new Web(anew).open()
    opened.push(web)
    for (let count = 0; count < 30; count += 1) await web.get('/look')
    expect(make.mock.calls.length).toBeLessThan(20)
  })

  test.each<[string, () => [object, object]]>([
    ['another secret', () => [{}, { secret: `${secret} no more` }]],
    ['another store', () => [{ store: memoryStore() }, { store: memoryStore() }]],
    ['no store of their own', () => [{}, {}]],
    ['a path inside of the other', () => [{ cookie: { path: '/' } }, { cookie: { path: '/b' } }]],
  ])('with one cookie name and %s give one warning', async (_what, options) => {
    const [a, b] = options().map(each => session({ secret, name: 'shop.sid', ...each }))
    await visits(mounted({ '/a': a, '/b': b }))
    expect(warnings).toEqual([name])
  })

  test.each<[string, () => [object, object]]>([
    [
      'one store and one secret',
      () => {
        const store = memoryStore()
        return [{ store }, { store }]
      },
    ],
    [
      'one store of express-session’s and one secret',
      () => {
        const store = new ScriptedStore()
        return [{ store }, { store, secret: [secret] }]
      },
    ],
    [
      'two stores that may be one place',
      () => [{ store: new ScriptedStore() }, { store: new ScriptedStore() }],
    ],
    [
      'one store and the same bytes as a secret',
      () => {
        const store = memoryStore()
        return [
          { store, secret: Buffer.from(secret) },
          { store, secret: Buffer.from(secret) },
        ]
      },
    ],
    [
      'one store and the same keys',
      () => {
        const options = { store: memoryStore(), secret: undefined, keys: [{ id: 'k', secret }] }
        return [options, options]
      },
    ],
    ['a name each', () => [{ name: 'a.sid' }, { name: 'b.sid' }]],
    ['a path each', () => [{ cookie: { path: '/a' } }, { cookie: { path: '/b' } }]],
    ['a path each that begins alike', () => [{ cookie: { path: '/a' } }, { cookie: { path: '/ab' } }]],
  ])('with %s give none', async (_what, options) => {
    const [a, b] = options().map(each => session({ secret, name: 'shop.sid', ...each }))
    await visits(mounted({ '/a': a, '/b': b }))
    expect(warnings).toEqual([])
  })

  test('with one cookie name on two servers, or on two hosts, give none', async () => {
    await visits(session({ secret }))
    await visits(session({ secret }))
    const byHost = mounted({ '/a': session({ secret }), '/b': session({ secret }) })
    await visits((request: any, ...rest: any) => {
      request.headers.host = request.url.startsWith('/a') ? 'a.test' : 'b.test'
      return byHost(request, ...rest)
    })
    expect(warnings).toEqual([])
  })
})

/** @see issue 13, point 6 */
describe('a `maxAge` under a minute', () => {
  const warning = {
    message: expect.stringMatching(/^Expected `cookie\.maxAge` .*3600.*\.$/),
    code: 'SOJOURN_LIFETIME',
  }

  test('gives one warning, when the middleware is made', () => {
    for (const make of [session, session, session.createSessions]) make({ secret, cookie: { maxAge: 3600 } })
    expect(warnings).toEqual([warning])
  })

  test('gives one warning, when a function answers it', async () => {
    const web = await openWeb({ secret, cookie: () => ({ maxAge: 3600 }) })
    await web.get('/in')
    await web.get('/in')
    expect(warnings).toEqual([warning])
  })

  test.each([60_000, 0, null, undefined])('%j gives none', maxAge => {
    session({ secret, cookie: { maxAge } })
    expect(warnings).toEqual([])
  })
})

/** @see issue 13, point 6 */
describe('a wrong call is refused, with an error that says what to write', () => {
  test.each<[string, unknown]>([
    ['a secret', 'hunter2hunter2hunter2hunter2hunter2'],
    ['bytes', Buffer.from('hunter2hunter2hunter2hunter2hunter2')],
    ['a list', ['hunter2hunter2hunter2hunter2hunter2']],
    ['a number', 42],
    ['a function', () => 'hunter2'],
  ])('%s in the place of the options', (_what, options) => {
    for (const name of ['session', 'createSessions']) {
      const make = name === 'session' ? session : session.createSessions
      const refusal = refusalOf(() => make(options))
      expect(refusal).toMatch(
        /^Expected .* to be called with an object of options, got an? [^.]*\. Write `.*`\.$/,
      )
      expect(refusal).toContain(`\`${name}({ secret })\``)
      expect(refusal).not.toContain('hunter2')
    }
  })

  test('`app.use(session)`, which calls it as a middleware', async () => {
    const web = await new Web(session).open()
    opened.push(web)
    expect(await web.get('/look')).toMatchObject({
      status: 500,
      body: expect.stringMatching(
        /^OPTION_INVALID: Expected `app\.use\(session\({ secret }\)\)`, got `app\.use\(session\)`\. .*\.$/,
      ),
    })
  })
})

describe('a value that express-session treats as absent is absent', () => {
  test.each<[string, object | null]>([
    ['no options', null],
    ['a genid of null', { secret, genid: null }],
    ['a genid of false', { secret, genid: false }],
    ['an unset of null', { secret, unset: null }],
    ["an unset of ''", { secret, unset: '' }],
    ['a store of null', { secret, store: null }],
    ['a store of false', { secret, store: false }],
    ['a cookie of null', { secret, cookie: null }],
    ['a cookie of false', { secret, cookie: false }],
    ['a name of null', { secret, name: null }],
    ["a name of ''", { secret, name: '' }],
    ['a secret of null', { secret: null }],
    ["a secret of ''", { secret: '' }],
    ['a secret of false', { secret: false }],
    [
      'undefined for each',
      { secret, store: undefined, cookie: undefined, name: undefined, rolling: undefined },
    ],
  ])('%s', async (_name, options) => {
    const web = await openWeb(options, request => {
      request.secret = secret
    })
    expect(await works(web)).toBe(true)
  })

  test.each([
    [{ name: '', key: 'old.name' }],
    [{ name: null, key: 'old.name' }],
    [{ name: undefined, key: 'old.name' }],
    [{ key: 'old.name' }],
    [{ name: 'old.name', key: 'other' }],
  ])('`key` is an old name of `name`: %j', async names => {
    const web = await openWeb({ secret, ...names })
    expect((await web.get('/in')).cookie).toMatch(/^old\.name=/)
  })
})

describe('an option that is harmful or meaningless in express-session gives one warning and still works', () => {
  test.each<[string, object, RegExp]>([
    ['sameSite none without secure', { cookie: { sameSite: 'none' } }, /cookie\.secure.*sameSite: 'none'/],
    ['partitioned without secure', { cookie: { partitioned: true } }, /partitioned/],
    ['an unknown option', { sesame: 'open' }, /`sesame`\. There are/],
    ['a misspelled option', { saveUninitialised: false }, /Did you mean `saveUninitialized`\?/],
    ['two letters that have changed places', { stroe: 1 }, /Did you mean `store`\?/],
    ['two letters that have changed places at the end', { idel: '20m' }, /Did you mean `idle`\?/],
    ['an option that is near to one', { secrets: 'x' }, /Did you mean `secret`\?/],
    ['a cookie attribute outside `cookie`', { maxAge: 60_000 }, /Did you mean `cookie\.maxAge`\?/],
    ['an attribute in another case', { cookie: { maxage: 60_000 } }, /Did you mean `cookie\.maxAge`\?/],
    ['an unknown cookie attribute', { cookie: { httponly: true } }, /`cookie\.httponly`/],
    ['a rolling that is no boolean', { rolling: 1 }, /`rolling`/],
    ['a resave that is no boolean', { resave: 'yes' }, /`resave`/],
    ['more than 400 days', { cookie: { maxAge: 500 * 86_400_000 } }, /400 days/],
    [
      'a __Host- name with a domain',
      { name: '__Host-x', cookie: { domain: 'a.test', secure: false } },
      /__host-/i,
    ],
  ])('%s', async (_name, options, message) => {
    const web = await openWeb({ secret, ...options })
    session({ secret, ...options })
    expect(warnings).toEqual([{ message: expect.stringMatching(message), code: 'SOJOURN_OPTION' }])
    expect(warnings[0]?.message).toMatch(/^Expected .*\.$/)
    expect(await works(web)).toBe(true)
    expect(warnings).toHaveLength(1)
  })

  test.each(['my cookie', 'a;b', 'naïve', 'a=b', '__proto__'])('the name %j', async name => {
    session({ secret, name })
    expect(warnings).toEqual([{ message: expect.stringContaining('`name`'), code: 'SOJOURN_OPTION' }])
  })

  test.each(['my cookie', 'a=b', '__proto__', 'toString'])('requests work under the name %j', async name => {
    const web = await openWeb({ secret, name })
    expect([200, 500]).toContain((await web.get('/in')).status)
    expect((await web.get('/look')).status).toBe(200)
    expect((await web.get('/look', `${name}=s%3Ax.y`)).status).toBe(200)
  })

  test('no warning contains a secret', () => {
    session({ secret: ['hunter2', ''] })
    session({ secret: { secret: 'hunter2' } })
    session({ secret: 42 })
    expect(JSON.stringify(warnings)).not.toMatch(/hunter2|42/)
  })

  test('valid options give no warning', () => {
    const cookie = {
      path: '/',
      maxAge: 60_000,
      httpOnly: true,
      secure: 'auto',
      sameSite: 'auto',
      priority: 'high',
    }
    session({
      secret,
      cookie,
      name: 'id',
      resave: false,
      saveUninitialized: false,
      rolling: true,
      proxy: true,
    })
    session({
      secret: [Buffer.from(secret), createSecretKey(Buffer.from(secret))],
      unset: 'destroy',
      genid: () => 'x',
    })
    session({
      secret,
      cookie: { signed: true, encode: String, overwrite: true, expires: new Date(), domain: '.a.test' },
    })
    session({ secret, cookie: () => ({}), key: 'x', proxy: undefined, store: memoryStore() })
    session({ secret, idle: '20m', absolute: '8h', touchEvery: '1m', deadline: 1000, duplicates: 'reject' })
    session({ secret, onLoadFailure: 'anonymous', onCommitFailure: 'send' })
    expect(warnings).toEqual([])
  })
})

describe('a wrong option of Sojourn’s own is refused', () => {
  test.each<[string, unknown]>([
    ['idle', '20 mins'],
    ['idle', -1],
    ['idle', 0],
    ['idle', Number.NaN],
    ['idle', null],
    ['absolute', 'never'],
    ['absolute', Number.POSITIVE_INFINITY],
    ['touchEvery', '1min'],
    ['deadline', {}],
    ['duplicates', 'first'],
    ['onLoadFailure', 'ignore'],
    ['onCommitFailure', true],
    ['clock', Date],
  ])('%s: %j', (option, value) => {
    const attempt = (): unknown => session({ secret, [option]: value })
    expect(attempt).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
    expect(attempt).toThrow(`\`${option}\``)
  })

  test.each<[string, unknown]>([
    ['preset', 'nist-aal4'],
    ['preset', null],
    ['passive', 'poll'],
    ['passive', false],
    ['rotateEvery', 0],
    ['rotateEvery', '15 mins'],
    ['rotationGrace', -1],
    ['onReplay', 'kill'],
    ['onReplay', ''],
    ['maxPerSubject', 0],
    ['maxPerSubject', '3'],
    ['maxPerSubject', 1.5],
    ['atLimit', 'evict'],
    ['addresses', 'half'],
    ['addresses', false],
    ['onGone', 'throw'],
    ['onConflict', 'mine'],
    ['onConflict', null],
    ['keys', null],
    ['keys', {}],
    ['keys', []],
    ['legacyUntil', 'tomorrow'],
    ['legacyUntil', null],
    ['seal', true],
    ['seal', null],
    ['codec', 'xml'],
    ['codec', null],
  ])('%s: %j, which express-session does not have', (option, value) => {
    const attempt = (): unknown => session({ secret, [option]: value })
    expect(attempt).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
    expect(attempt).toThrow(`\`${option}\``)
    expect(warnings).toEqual([])
  })

  test.each<[string, unknown]>([
    ['idle', '1h'],
    ['absolute', '1h'],
    ['preset', 'nist-aal1'],
    ['rotateEvery', '15m'],
    ['maxPerSubject', 3],
    ['seal', 'server'],
    ['seal', 'visitor'],
    ['codec', 'structured'],
  ])('%s: %j with a store for express-session, which cannot do it', (option, value) => {
    const attempt = (): unknown => session({ secret, store: new ScriptedStore(), [option]: value })
    expect(attempt).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
    expect(attempt).toThrow(`Expected no \`${option}\` with a store that was written for express-session`)
    expect(() => session({ secret, store: memoryStore(), [option]: value })).not.toThrow()
  })

  test('options that do not concern such a store are accepted with it', () => {
    const store = new ScriptedStore()
    session({ secret, store, touchEvery: '1m', deadline: '1s', passive: () => false, onGone: 'fail' })
    session({ secret, store, codec: 'json', seal: false, addresses: 'none', onConflict: () => 1 })
    session({ secret, store, idle: undefined, preset: undefined, maxPerSubject: undefined, seal: undefined })
    session({ keys: [{ id: 'now', secret }], legacyUntil: 0, store })
    expect(warnings).toEqual([])
  })
})

describe('the secret', () => {
  test('without one, the middleware uses the request’s own, as cookie-parser sets it', async () => {
    const web = await openWeb({}, request => {
      request.secret = secret
    })
    const { cookie } = await web.get('/in')
    expect((await web.get('/look', cookie)).body).toBe('"ada"')
    const id = decodeURIComponent(cookie.split('=')[1] ?? '').slice(2, 34)
    expect(decodeURIComponent(cookie.split('=')[1] ?? '')).toBe(new Signer([secret]).sign(id))
  })

  /** @see issue 13, point 6 */
  test.each([[{}], [{ secret: undefined }], [{ secret: '' }], [null]])(
    'that is missing gives one warning, when the middleware is made: %j',
    options => {
      session(options)
      session(options)
      expect(warnings).toEqual([
        {
          message: expect.stringMatching(/^Expected `secret`.*`req\.secret`.*environment/),
          code: 'SOJOURN_SECRET',
        },
      ])
      session({ keys: [{ id: 'now', secret }] })
      expect(warnings).toHaveLength(1)
    },
  )

  test('without any, each request fails in the words of express-session', async () => {
    const web = await openWeb({})
    const reply = await web.get('/look')
    expect(reply).toMatchObject({
      status: 500,
      body: expect.stringContaining('secret option required for sessions'),
    })
    expect((await web.get('/look', 'connect.sid=s%3Ax.y')).status).toBe(500)
  })

  test.each([[42], [{ not: 'a key' }], [true]])(
    'an invalid secret of a request (%j) does not crash the application',
    async wrong => {
      const web = await openWeb({}, request => {
        request.secret = wrong
      })
      const value = `s%3A${'x'.repeat(32)}.${'y'.repeat(43)}`
      for (const cookie of ['', `connect.sid=${value}`]) {
        expect([200, 500]).toContain((await web.get('/in', cookie)).status)
      }
    },
  )

  test('secrets rotated in place take effect at once', async () => {
    const secrets = ['old']
    const web = await openWeb({ secret: secrets })
    const { cookie } = await web.get('/in')
    secrets.unshift('new')
    const reply = await web.get('/look', cookie)
    expect(reply.body).toBe('"ada"')
    expect(reply.cookie).not.toBe('')
    secrets.pop()
    expect((await web.get('/look', cookie)).body).toBe('null')
    expect((await web.get('/look', reply.cookie)).body).toBe('"ada"')
  })
})

describe('a cookie that depends on the request', () => {
  test('gets the request, and decides path, lifetime and attributes', async () => {
    const web = await openWeb({
      secret,
      cookie: (request: any) => ({
        path: '/app',
        maxAge: request.url === '/app/in' ? 60_000 : 5000,
        sameSite: 'lax',
      }),
    })
    web.on('/app/in', ({ session }) => void (session.user = 'ada'))
    const reply = await web.get('/app/in')
    expect(reply.headers['set-cookie']?.[0]).toMatch(/; Path=\/app; Max-Age=60; .*; SameSite=Lax$/)
    expect((await web.on('/type', ({ session }) => typeof session).get('/type')).body).toBe('undefined')
  })

  /** @see issue 13, point 5 */
  describe.each([
    ['answers at once', () => memoryStore()],
    ['was written for express-session', () => new ScriptedStore()],
  ])('with a store that %s', (_kind, makeStore) => {
    const asked: unknown[] = []
    const cookie = (request: any): object => {
      asked.push(request.url)
      return { maxAge: 60_000 }
    }

    test.each(['/in', '/look', '/twice', '/regenerate'])('%s calls the function once', async path => {
      const web = await openWeb({ secret, cookie, store: makeStore(), rolling: path === '/look' })
      web.on('/twice', request => {
        request.session.user = `${request.session.cookie.path}${request.sessionID}`
      })
      web.on('/regenerate', async ({ session }) => session.regenerate())
      asked.length = 0
      const visitor = await web.get(path)
      expect(asked).toEqual([path])
      await web.get(path, visitor.cookie)
      expect(asked).toEqual([path, path])
    })
  })

  test('is not called when the route does not use the session', async () => {
    const cookie = vi.fn(() => ({ path: '/app' }))
    const web = await openWeb({ secret, cookie })
    web.on('/app', request => String('session' in request && request.sessionStore !== undefined))
    await web.on('/app/in', ({ session }) => void (session.user = 'ada')).get('/app')
    expect(cookie).not.toHaveBeenCalled()
    const visitor = await web.get('/app/in')
    expect(cookie).toHaveBeenCalledTimes(1)
    await web.get('/app', visitor.cookie)
    expect(cookie).toHaveBeenCalledTimes(1)
  })

  test('that does not cover a request leaves it alone, even if the route uses the session', async () => {
    const web = await openWeb({ secret, cookie: () => ({ path: '/app' }) })
    web.on('/other', request => {
      const { session, sessionID } = request
      Object.assign(request, { session: { of: 'another' }, sessionID: 'another' })
      return JSON.stringify([typeof session, typeof sessionID, request.session, request.sessionID])
    })
    const reply = await web.get('/other')
    expect(reply).toMatchObject({
      body: '["undefined","undefined",{"of":"another"},"another"]',
      cookie: '',
    })
  })

  test('that does not cover a request leaves it to the next middleware', async () => {
    const inner = session({ secret, name: 'inner' })
    const outer = session({ secret, name: 'outer', cookie: () => ({ path: '/app' }) })
    const web = await new Web(outer, inner).open()
    opened.push(web)
    web.on('/in', ({ session }) => void (session.user = 'ada'))
    expect((await web.get('/in')).cookie).toMatch(/^inner=/)
  })

  test("may say 'auto'", async () => {
    const web = await openWeb({ secret, cookie: () => ({ secure: 'auto', sameSite: 'auto' }) })
    expect((await web.get('/in')).headers['set-cookie']?.[0]).toMatch(/; HttpOnly; SameSite=Lax$/)
  })

  test('has the defaults when the function answers nothing', async () => {
    for (const nothing of [undefined, null, false]) {
      expect(await works(await openWeb({ secret, cookie: () => nothing }))).toBe(true)
    }
  })

  test('whose function throws fails that request', async () => {
    const cookie = () => {
      throw new Error('of the function')
    }
    expect(await (await openWeb({ secret, cookie })).get('/in')).toMatchObject({
      status: 500,
      body: 'error: of the function',
    })
  })

  test('that cannot be written fails that request, and crashes nothing', async () => {
    for (const cookie of [() => ({ domain: 'a;b' }), () => ({ maxAge: '1000' }), () => ({ sameSite: 'x' })]) {
      const web = await openWeb({ secret, cookie })
      const reply = await web.get('/in')
      expect([reply.status, reply.cookie]).toEqual([500, ''])
    }
  })
})

describe('a store', () => {
  test('that gets its methods after the middleware is made is a store for express-session', async () => {
    const store = new EventEmitter()
    const web = await openWeb({ secret, store })
    const { get, set, destroy, touch } = ScriptedStore.prototype
    const scripted = new ScriptedStore()
    for (const [name, verb] of Object.entries({ get, set, destroy, touch })) {
      Object.assign(store, { [name]: (...args: any) => Reflect.apply(verb, scripted, args) })
    }
    expect(await works(web)).toBe(true)
    expect(scripted.verbs).toContain('set')
  })

  test('of Sojourn is used as such', async () => {
    const store = memoryStore()
    const web = await openWeb({ secret, store })
    expect(await works(web)).toBe(true)
    expect(store.size).toBe(1)
  })
})

function refusalOf(attempt: () => unknown): string {
  try {
    attempt()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return expect.unreachable()
}
