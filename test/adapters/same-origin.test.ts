import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import express from 'express'
import session, { type SameOriginMiddleware, type SameOriginOptions, SojournError, sameOrigin } from 'sojourn'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Application, expresses, frameworks } from '../compatibility/frameworks.ts'
import { hearEvents } from '../core/heard-events.ts'
import { plain as application, type Route } from '../support/application.ts'
import { ask } from '../support/http-client.ts'
import { askHttp2 } from '../support/http2-client.ts'
import { linesOf, RawClient } from '../support/raw-client.ts'
import { type Listener, type Protocol, serve } from '../support/servers.ts'

type Headers = Readonly<Record<string, string>>

/** An application without a framework. It answers a refusal with the status and the code of the error. */
function plain(middleware: SameOriginMiddleware): Listener {
  return (request, response) =>
    middleware(request, response, error => {
      if (error instanceof SojournError) response.statusCode = error.status ?? 500
      response.end(error instanceof SojournError ? error.code : 'done')
    })
}

async function post(headers: Headers, options?: SameOriginOptions, protocol: Protocol = 'http') {
  const port = await serve(plain(sameOrigin(options)), protocol)
  const isSecure = protocol === 'https'
  const { status, body } = await ask(port, '/', {
    method: 'POST',
    headers: { host: 'shop.test', ...headers },
    isSecure,
  })
  return `${status} ${body}`
}

const passed = '200 done'
const refused = '403 CROSS_SITE'

describe('without a framework', () => {
  test.each<[string, Headers]>([
    ['nobody says where it is from', {}],
    ['the browser says that it is from here', { 'sec-fetch-site': 'same-origin' }],
    ['a person has done it', { 'sec-fetch-site': 'none' }],
    ['an old browser says that it is from here', { origin: 'http://shop.test' }],
    ['the own site has its TLS ended by a proxy', { origin: 'https://shop.test' }],
  ])('a request passes when %s', async (_when, headers) => {
    expect(await post(headers)).toBe(passed)
  })

  test.each<[string, Headers]>([
    ['another site has made it', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' }],
    ['a sibling has made it', { 'sec-fetch-site': 'same-site', origin: 'https://www.shop.test' }],
    ['an old browser names another site', { origin: 'https://evil.test' }],
    ['it hides where it is from', { origin: 'null' }],
    ['it has the host of another', { origin: 'http://shop.test', host: 'other.test' }],
    ['the matching host is not the requested one', { origin: 'http://e.test', 'x-forwarded-host': 'e.test' }],
  ])('a request gets a 403 when %s', async (_when, headers) => {
    expect(await post(headers)).toBe(refused)
  })

  test('repeated headers are refused', async () => {
    const port = await serve(plain(sameOrigin({ trusted: ['http://pay.test'] })))
    for (const [name, value] of [
      ['Origin', 'http://shop.test'],
      ['Origin', 'http://pay.test'],
      ['Sec-Fetch-Site', 'same-origin'],
      ['Sec-Fetch-Site', 'none'],
    ]) {
      const client = new RawClient(port)
      const lines = ['POST / HTTP/1.1', 'Host: shop.test', 'Content-Length: 0', 'Connection: close']
      client.send([...lines, `${name}: ${value}`, `${name}: ${value}`, '', ''].join('\r\n'))
      expect(await client.closes()).toMatch(/^HTTP\/1.1 403 /)
    }
  })

  test('any bytes in any header get an answer', async () => {
    const port = await serve(plain(sameOrigin({ strict: true, proxy: true })))
    const names = ['Origin', 'Sec-Fetch-Site', 'Sec-Fetch-Mode', 'Sec-Fetch-Dest', 'X-Forwarded-Host']
    for (const bytes of ['\xff\xfe', '%', '\\', '\x80'.repeat(500), '[', '://', '__proto__']) {
      for (const method of ['GET', 'POST']) {
        const client = new RawClient(port)
        const lines = [`${method} / HTTP/1.1`, 'Host: shop.test', 'Content-Length: 0', 'Connection: close']
        client.send([...lines, ...names.map(name => `${name}: ${bytes}`), '', ''].join('\r\n'))
        expect(await client.closes()).toMatch(/^HTTP\/1.1 (200|403) /)
      }
    }
  })

  test('a safe method passes from any site, and with `strict` only when the visitor navigates', async () => {
    const headers = { host: 'shop.test', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }
    const link = { ...headers, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
    const lenient = await serve(plain(sameOrigin()))
    const strict = await serve(plain(sameOrigin({ strict: true })))
    expect((await ask(lenient, '/', { headers })).status).toBe(200)
    expect((await ask(strict, '/', { headers })).status).toBe(403)
    expect((await ask(strict, '/', { headers: link })).status).toBe(200)
  })

  test('a trusted site may send anything', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://pay.test' }
    expect(await post(headers, { trusted: ['https://pay.test'] })).toBe(passed)
    expect(await post(headers, { trusted: ['http://pay.test'] })).toBe(refused)
  })

  test('a refusal is one event, and neither it nor the error contains anything from the request', async () => {
    const heard = hearEvents()
    const errors: unknown[] = []
    const port = await serve((request, response) =>
      sameOrigin()(request, response, error => {
        errors.push(error)
        response.end()
      }),
    )
    await ask(port, '/', { method: 'POST', headers: { origin: 'https://evil.test' } })
    await ask(port, '/', { method: 'POST', headers: { 'sec-fetch-site': 'evil' } })
    expect(heard).toEqual([
      { name: 'cross-site', payload: { handle: undefined, reason: 'origin' } },
      { name: 'cross-site', payload: { handle: undefined, reason: 'sec-fetch-site' } },
    ])
    expect(errors.map(String).join()).not.toContain('evil')
  })
})

describe('a secure connection', () => {
  test('refuses the insecure site of the same name', async () => {
    expect(await post({ origin: 'https://shop.test' }, {}, 'https')).toBe(passed)
    expect(await post({ origin: 'http://shop.test' }, {}, 'https')).toBe(refused)
  })

  test('that ends at a proxy is known from the proxy, if it is trusted', async () => {
    const headers = { origin: 'http://shop.test', 'x-forwarded-proto': 'https' }
    expect(await post(headers)).toBe(passed)
    expect(await post(headers, { proxy: true })).toBe(refused)
    expect(await post({ ...headers, origin: 'https://shop.test' }, { proxy: true })).toBe(passed)
  })

  /** @see issue 13, point 5 */
  test.each<[string, boolean]>([
    ['https', true],
    ['https, http', true],
    ['HTTPS,http', true],
    [' https ', true],
    ['http, https', false],
    ['', false],
    ['httpss', false],
  ])('is the same for `session` and `sameOrigin` from %j', async (proto, isSecure) => {
    const believed = (headers: Headers): Promise<string> =>
      post({ 'x-forwarded-proto': proto, ...headers }, { proxy: true })
    expect(await believed({ origin: 'http://shop.test' })).toBe(isSecure ? refused : passed)
    const middleware = session({ secret: 's'.repeat(32), proxy: true, cookie: { secure: true } })
    const route: Route = ({ session: visited }, response) => {
      visited.user = 'ada'
      response.end()
    }
    const port = await serve(application(middleware, route))
    const answer = await ask(port, '/', { headers: { 'x-forwarded-proto': proto } })
    expect(answer.cookies).toHaveLength(isSecure ? 1 : 0)
  })
})

describe('the host behind a proxy', () => {
  const headers = { origin: 'https://shop.test', host: '10.0.0.7:3000', 'x-forwarded-host': 'shop.test' }

  test('comes from the proxy only if the proxy is trusted', async () => {
    expect(await post(headers)).toBe(refused)
    expect(await post(headers, { proxy: true })).toBe(passed)
    expect(await post({ ...headers, origin: 'https://evil.test' }, { proxy: true })).toBe(refused)
  })

  test('is the first of several that proxies name, or `Host` when they name none', async () => {
    const asked = (host: string): Promise<string> =>
      post({ ...headers, 'x-forwarded-host': host }, { proxy: true })
    for (const host of ['shop.test, inner.test', 'shop.test,inner.test', ' Shop.Test ']) {
      expect(await asked(host)).toBe(passed)
    }
    expect(await asked('inner.test, shop.test')).toBe(refused)
    expect(await post({ origin: 'http://shop.test' }, { proxy: true })).toBe(passed)
  })
})

describe('over HTTP/2', () => {
  async function statusOf(headers: Headers): Promise<number | undefined> {
    const port = await serve(plain(sameOrigin()), 'h2c')
    const answer = askHttp2(port, '/', {
      headers: { ':method': 'POST', ':authority': 'shop.test', ...headers },
    })
    await answer.end()
    return answer.status
  }

  test('the authority is the host', async () => {
    expect(await statusOf({ origin: 'https://shop.test' })).toBe(200)
    expect(await statusOf({ origin: 'https://evil.test' })).toBe(403)
    expect(await statusOf({ origin: 'https://evil.test', host: 'evil.test' })).toBe(403)
  })

  test('Sec-Fetch-Site decides', async () => {
    expect(await statusOf({ 'sec-fetch-site': 'cross-site' })).toBe(403)
    expect(await statusOf({ 'sec-fetch-site': 'same-origin' })).toBe(200)
  })
})

const evil = { host: 'shop.test', 'sec-fetch-site': 'cross-site' }

describe.each(frameworks)('in %s', (_name, make) => {
  async function statuses(app: Application): Promise<readonly number[]> {
    const port = await serve(app)
    const other = await ask(port, '/', { method: 'POST', headers: evil })
    const own = await ask(port, '/', {
      method: 'POST',
      headers: { ...evil, 'sec-fetch-site': 'same-origin' },
    })
    const read = await ask(port, '/', { headers: evil })
    return [other.status, own.status, read.status]
  }

  test('a refusal is a 403 without an error handler, and the route does not run', async () => {
    const methods: unknown[] = []
    const app = make()
      .use(sameOrigin() as never)
      .use((request, response) => {
        methods.push(request.method)
        response.end('done')
      })
    expect(await statuses(app)).toEqual([403, 200, 200])
    expect(methods).toEqual(['POST', 'GET'])
  })
})

describe.each(expresses)('in %s', (_name, make) => {
  async function statusOf(headers: Headers, isTrusting: boolean): Promise<number> {
    const app = make()
    app.set('trust proxy', isTrusting)
    app.use(sameOrigin() as never)
    app.use((_request, response) => response.send('done'))
    const port = await serve(app)
    const { status } = await ask(port, '/', { method: 'POST', headers: { host: 'shop.test', ...headers } })
    return status
  }

  test('the application knows when the connection is secure, and then the scheme must match', async () => {
    const headers = { origin: 'http://shop.test', 'x-forwarded-proto': 'https' }
    expect(await statusOf(headers, true)).toBe(403)
    expect(await statusOf(headers, false)).toBe(200)
    expect(await statusOf({ ...headers, origin: 'https://shop.test' }, true)).toBe(200)
  })

  test('an application that does not know of its proxy still accepts its own site', async () => {
    const headers = { origin: 'https://shop.test', 'x-forwarded-proto': 'https' }
    expect(await statusOf(headers, false)).toBe(200)
  })
})

test('its types fit a middleware', () => {
  const app = express()
  expect(() => app.use(sameOrigin()).post('/', sameOrigin({ strict: true }))).not.toThrow()
})

describe('an upgrade', () => {
  /** Opens a server that accepts every allowed upgrade, and answers the first line of the response to a request. */
  async function upgrade(headers: readonly string[], options?: SameOriginOptions): Promise<string> {
    const protection = sameOrigin(options)
    const server = http.createServer()
    server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
      const isAllowed = protection.allowsUpgrade(request)
      const status = isAllowed ? '101 Switching Protocols' : '403 Forbidden'
      const lines = isAllowed ? ['Connection: Upgrade', 'Upgrade: websocket'] : ['Connection: close']
      socket.end([`HTTP/1.1 ${status}`, ...lines, '', ''].join('\r\n'))
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => new Promise<void>(resolve => server.close(() => resolve())))
    const client = new RawClient((server.address() as AddressInfo).port)
    const opening = ['GET /socket HTTP/1.1', 'Host: shop.test', 'Connection: Upgrade', 'Upgrade: websocket']
    const socketKey = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==']
    client.send([...opening, ...socketKey, ...headers, '', ''].join('\r\n'))
    const answer = await client.closes()
    return linesOf(answer, 'upgrade').length > 0 ? 'upgraded' : (answer.split('\r\n', 1)[0] ?? '')
  }

  const forbidden = 'HTTP/1.1 403 Forbidden'

  test.each([
    [['Origin: http://shop.test']],
    [['Origin: https://shop.test']],
    [['Origin: https://shop.test', 'Sec-Fetch-Site: same-origin', 'Sec-Fetch-Mode: websocket']],
    [['Origin: https://pay.test', 'Sec-Fetch-Site: cross-site']],
    [[]],
  ])('from the own site, a trusted one or no browser opens the socket: %j', async headers => {
    expect(await upgrade(headers, { trusted: ['https://pay.test'] })).toBe('upgraded')
  })

  test.each([
    [['Origin: https://evil.test']],
    [['Origin: null']],
    [['Origin: https://shop.test, https://shop.test']],
    [['Origin: https://shop.test', 'Origin: https://shop.test']],
    [['Origin: https://evil.test', 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: websocket']],
    [['Origin: https://www.shop.test', 'Sec-Fetch-Site: same-site']],
    [['Origin: https://evil.test', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document']],
    [['Origin: https://evil.test', 'X-Forwarded-Host: evil.test']],
  ])('from another site is refused, although it is a GET, with one event: %j', async headers => {
    const heard = hearEvents()
    expect(await upgrade(headers, { trusted: ['https://pay.test'] })).toBe(forbidden)
    expect(heard).toMatchObject([{ name: 'cross-site' }])
  })
})

describe('headers in any form that a framework gives them', () => {
  test.each([
    [{ origin: ['http://shop.test'] }],
    [{ origin: ['http://shop.test', 'http://shop.test'] }],
    [{ 'sec-fetch-site': ['same-origin'] }],
    [{ origin: null }],
    [{ origin: 'http://shop.test', host: ['shop.test'] }],
    [{ origin: 'http://shop.test', host: undefined }],
  ])('are answered with a refusal: %j', headers => {
    expect(decide({ host: 'shop.test', ...headers })).toMatchObject({ code: 'CROSS_SITE' })
  })

  test('without a socket are enough to decide', () => {
    expect(decide({ host: 'shop.test', origin: 'http://shop.test' })).toBeUndefined()
  })

  function decide(headers: object): unknown {
    const request = { method: 'POST', headers } as never as IncomingMessage
    const handed: unknown[] = []
    sameOrigin()(request, {} as ServerResponse, error => void handed.push(error))
    expect(handed).toHaveLength(1)
    return handed[0]
  }
})

test.each([
  [{ trust: ['https://pay.test'] }, 'got `trust`. There are: trusted, strict, proxy.'],
  [{ trusted: 'https://pay.test' }, "got 'https://pay.test'"],
  [{ trusted: ['*'] }, "got '*' in it"],
  [{ trusted: null }, 'got null'],
  [{ strict: 1 }, 'Expected `strict` to be true or false, got 1.'],
  [{ proxy: 'loopback' }, "Expected `proxy` to be true or false, got 'loopback'."],
  [null, 'Expected the options to be an object, got null.'],
])('a wrong option throws where it is given: %j', (options, message) => {
  const make = (): unknown => sameOrigin(options as never)
  expect(make).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  expect(make).toThrow(message)
})
