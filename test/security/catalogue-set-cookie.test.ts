import { once } from 'node:events'
import { connect } from 'node:net'
import express from 'express'
import session from 'sojourn'
import { describe, expect, test } from 'vitest'
import { hour, stage } from '../core/stage.ts'
import { ask } from '../support/http-client.ts'
import { askHttp2 } from '../support/http2-client.ts'
import { codeOf, serve } from '../support/servers.ts'
import { requestBytes, sendBytes, statusesOf } from './bytes-client.ts'
import { openShop, secret } from './shop.ts'

const day = 24 * hour

describe('an attribute that is set on the cookie of one session', () => {
  const injections = ['\r\nSet-Cookie: evil=1', '\n', '; Domain=evil.test', '\0', 'é', '🍏', '\x7f', ' ; ']
  const attributes = ['path', 'domain', 'sameSite', 'priority']
  const rows = attributes.flatMap(attribute =>
    injections.map(injection => [attribute, attribute === 'path' ? `/${injection}` : injection] as const),
  )
  test.each([
    ...rows,
    ...[['domain', 'a,b'] as const, ['sameSite', 'a,b'] as const, ['sameSite', '__proto__'] as const],
    ...[['path', 'x'] as const, ['domain', {}] as const, ['priority', ['high']] as const],
  ])('`%s` as %j is an error response, and nothing is stored or sent (D1)', async (attribute, value) => {
    const shop = await openShop({
      route: ({ session }, response) => {
        Object.assign(session, { user: 'ada' })
        Reflect.set(session.cookie, attribute, value)
        response.end('in')
      },
    })
    const answer = await sendBytes(shop.port, requestBytes('GET /'))
    expect(statusesOf(answer)).toEqual([500])
    expect(answer).not.toMatch(/set-cookie|evil/i)
    expect(shop.errors.map(codeOf)).toEqual(['COOKIE_INVALID'])
    expect([shop.store.calls, shop.store.records()]).toEqual([[], []])
  })

  test.each(['httpOnly', 'secure', 'partitioned'])(
    '`%s` is there or not, whatever text it is given (D1)',
    async flag => {
      const { visitor } = stage()
      const visit = await visitor().request(session => {
        Object.assign(session, { user: 'ada' })
        Reflect.set(session.cookie, flag, '; Domain=evil.test\r\nX: y')
      })
      expect(visit.setCookie).toMatch(
        /^connect\.sid=[\w%-]+\.[\w%]+(; (Path=\/|HttpOnly|Secure|Partitioned)){1,3}$/,
      )
    },
  )

  test('an id of the application with line breaks and semicolons stays one value (D1)', async () => {
    const shop = await openShop({ genid: () => 'a\r\nSet-Cookie: evil=1; \0é🍏' })
    const answer = await sendBytes(shop.port, requestBytes('GET /in'))
    expect(answer.match(/^set-cookie: .*$/gim)).toHaveLength(1)
    expect(answer).toMatch(
      /^set-cookie: sid=s%3Aa%0D%0ASet-Cookie%3A%20evil%3D1%3B%20%00[\w%]+\.[\w%]+; Path/im,
    )
  })
})

describe('a lifetime that is set on the cookie of one session', () => {
  const nonsense = [
    ['maxAge', Number.NaN],
    ['maxAge', Number.POSITIVE_INFINITY],
    ['maxAge', Number.NEGATIVE_INFINITY],
    ['maxAge', '1 hour '],
    ['maxAge', {}],
    ['maxAge', new Date(Number.NaN)],
    ['expires', 'tomorrow'],
    ['expires', new Date(Number.NaN)],
    ['originalMaxAge', '1h'],
    ['originalMaxAge', Number.POSITIVE_INFINITY],
  ] as const

  test.each(nonsense)('`%s` as %o is an error, and never no end at all (D3)', async (name, value) => {
    const { visitor, store } = stage()
    const ada = visitor()
    const failure = await ada
      .request(session => {
        Object.assign(session, { user: 'ada' })
        Reflect.set(session.cookie, name, value)
      })
      .catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(Error)
    expect([store.records(), ada.cookie]).toEqual([[], undefined])
  })

  test('saved explicitly, one without an end is no record without an end (D3)', async () => {
    const { visitor, store, clock } = stage()
    const ada = visitor()
    await ada.request(session => Object.assign(session, { user: 'ada' }))
    const visit = await ada.arrive()
    Reflect.set(visit.session!.cookie, 'maxAge', Number.POSITIVE_INFINITY)
    await visit.session!.save().catch(() => undefined)
    // The commit fails, because such a cookie cannot be written.
    await expect(async () => visit.commit()).rejects.toThrow()
    clock.advance(1000 * day)
    expect(store.records()).toEqual([])
  })

  test.each([
    [-1, 'Max-Age=0'],
    [0, 'Max-Age=0'],
    [1500.7, 'Max-Age=1'],
    [401 * day, 'Max-Age=34560000'],
    [Number.MAX_SAFE_INTEGER, undefined],
  ])('`maxAge` as %d is %s, in whole seconds (D3)', async (maxAge, written) => {
    const { visitor } = stage()
    const visit = await visitor()
      .request(session => {
        Object.assign(session, { user: 'ada' })
        session.cookie.maxAge = maxAge
      })
      .catch(() => undefined)
    if (written === undefined) expect(visit).toBeUndefined()
    else expect(visit?.setCookie).toContain(`; ${written}; Expires=`)
  })
})

describe('a secure cookie', () => {
  test('it does not leave over an insecure connection, and that is said once (D4)', async () => {
    const warned: Error[] = []
    const note = (warning: Error): void => void warned.push(warning)
    process.on('warning', note)
    const shop = await openShop({ name: 'said-once', cookie: { secure: true } })
    for (let round = 0; round < 3; round += 1) expect((await ask(shop.port, '/in')).cookies).toEqual([])
    process.off('warning', note)
    expect(warned.map(({ message }) => message)).toEqual([expect.stringContaining('said-once')])
    expect(warned[0]).toMatchObject({ code: 'SOJOURN_INSECURE' })
  })

  const forged = [
    ['one header', ['X-Forwarded-Proto: https']],
    ['a list that begins with it', ['X-Forwarded-Proto: https, http']],
    ['a list that ends with it', ['X-Forwarded-Proto: http, https']],
    ['two headers', ['X-Forwarded-Proto: https', 'X-Forwarded-Proto: https']],
    ['another header of that kind', ['Forwarded: proto=https', 'X-Forwarded-Ssl: on', 'Front-End-Https: on']],
  ] as const

  test.each(forged)('a visitor who says https by %s is not believed (D5)', async (_what, headers) => {
    for (const framework of ['node:http', 'Express 5'] as const) {
      for (const options of [{}, { proxy: false }]) {
        const shop = await openShop({ framework, cookie: { secure: true }, ...options })
        expect(await sendBytes(shop.port, requestBytes('GET /in', ...headers))).not.toMatch(/set-cookie/i)
      }
    }
  })

  test.each([
    ['10.0.0.1', 0],
    ['127.0.0.1', 1],
  ])(
    'with Express’s `trust proxy` for %s a header from here counts %d times (D5)',
    async (trusted, count) => {
      const app = express()
      app.set('trust proxy', (address: string) => address.endsWith(trusted))
      app.use(session({ secret, cookie: { secure: true } }))
      app.get('/', (request, response) => {
        Object.assign(request.session, { user: 'ada' })
        response.send('in')
      })
      const port = await serve(app)
      expect((await ask(port, '/', { headers: { 'X-Forwarded-Proto': 'https' } })).cookies).toHaveLength(
        count,
      )
    },
  )
})

test('a page that is made from a session and carries its cookie is not to be stored by a cache (D8)', async () => {
  const shop = await openShop()
  expect((await ask(shop.port, '/in')).headers['cache-control']).toBe('no-store')
  expect((await ask(shop.port, '/')).headers['cache-control']).toBeUndefined()
})

// With a store that answers at once, Node's own method is looked up before the session is. See README.md, finding 1.
describe.each([true, false])(
  'a session that is first looked at among the arguments (at once: %j)',
  readsAtOnce => {
    test('of `end`: the answer arrives whole, framed as it says (D7)', async () => {
      const shop = await openShop({
        readsAtOnce,
        route: (request, response) => response.end(`hello ${request.session.user}`),
      })
      const answer = await askBriefly(shop.port)
      expect(answer).toMatch(/^content-length: 15\r\n/im)
      expect(answer).not.toMatch(/^transfer-encoding/im)
    })

    test('of `end`: what it stores is stored before the answer leaves, and the cookie is sent (D7)', async () => {
      const shop = await openShop({
        readsAtOnce,
        route: (request, response) => response.end(String((request.session.views = 1))),
      })
      const answer = await askBriefly(shop.port)
      expect(shop.store.records()).toHaveLength(1)
      expect(answer).toMatch(/^set-cookie: sid=/im)
    })

    test('of `writeHead`: what it stores is stored, and the cookie is sent (D7)', async () => {
      const shop = await openShop({
        readsAtOnce,
        route: (request, response) =>
          response.writeHead(200, { 'X-Views': String((request.session.views = 1)) }).end('hello'),
      })
      const answer = await askBriefly(shop.port)
      expect(shop.store.records()).toHaveLength(1)
      expect(answer).toMatch(/^set-cookie: sid=/im)
    })
  },
)

test('over HTTP/2, what is stored among the arguments of `end` is stored before the answer leaves (D7)', async () => {
  const shop = await openShop({
    protocol: 'h2c',
    route: (request, response) => response.end(String((request.session.views = 1))),
  })
  const answer = await askHttp2(shop.port, '/').end()
  expect(answer.cookies).toHaveLength(1)
  expect(shop.store.records()).toHaveLength(1)
})

/** The head of an answer that may never be finished. */
async function askBriefly(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.setEncoding('latin1')
  socket.write(requestBytes('GET /'))
  const [received] = await once(socket, 'data')
  socket.destroy()
  return String(received)
}
