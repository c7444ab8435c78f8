import type { ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { type Answer, cookieNamed, expiryOf, idOf } from './client.ts'
import { countViews, memory, type Route, sayNothing, site, stored } from './site.ts'
import type { SessionRequest } from './subject.ts'
import { pass } from './time.ts'

/** What the cookie of one answer has, by its attributes in small letters. */
async function attributes(cookie: unknown, route?: Route): Promise<Record<string, string | true>> {
  const { get } = await site({ cookie }, route)
  return cookieNamed(await get())?.attributes ?? {}
}

/** Asserts that a cookie ends so many milliseconds after the answer, by the answer's own clock. */
function expectToExpireIn(answer: Answer, spanMs: number): void {
  const sentAt = Date.parse(answer.headers.date ?? '')
  expect(Math.abs((expiryOf(answer) ?? Number.NaN) - sentAt - spanMs)).toBeLessThanOrEqual(1000)
}

describe('the cookie option', () => {
  test('left out makes a browser-session cookie with Path and HttpOnly', async () => {
    const { get } = await site({ cookie: undefined })
    const cookie = cookieNamed(await get())
    expect(cookie?.attributes).toEqual({ path: '/', httponly: true })
  })

  test.each([
    [{ domain: 'example.org' }, 'domain', 'example.org'],
    [{ path: '/' }, 'path', '/'],
    [{ sameSite: 'lax' }, 'samesite', 'Lax'],
    [{ sameSite: 'strict' }, 'samesite', 'Strict'],
    [{ sameSite: 'none' }, 'samesite', 'None'],
    [{ sameSite: true }, 'samesite', 'Strict'],
    [{ priority: 'high' }, 'priority', 'High'],
    [{ partitioned: true }, 'partitioned', true],
  ])('%o is sent', async (cookie, attribute, value) => {
    expect((await attributes(cookie))[attribute]).toBe(value)
  })

  test.each([
    [{ httpOnly: false }, 'httponly'],
    [{ sameSite: false }, 'samesite'],
    [{ partitioned: false }, 'partitioned'],
    [{ secure: false }, 'secure'],
    [{ maxAge: null }, 'expires'],
  ])('%o leaves the attribute out', async (cookie, attribute) => {
    expect(await attributes(cookie)).not.toHaveProperty(attribute)
  })

  test.each([60_000, 1000, 3_000_000_000])('maxAge %i is sent as Expires', async maxAge => {
    const { get } = await site({ cookie: { maxAge } })
    expectToExpireIn(await get(), maxAge)
  })

  test('expires is sent as it is', async () => {
    const expires = new Date(Math.ceil(Date.now() / 1000) * 1000 + 600_000)
    const { get } = await site({ cookie: { expires } }, (request, response) => {
      request.session.cookie.expires = expires
      response.end()
    })
    expect(Math.abs((expiryOf(await get()) ?? 0) - expires.getTime())).toBeLessThanOrEqual(1000)
  })
})

describe('the cookie option as a function', () => {
  test('gets the request, and answers with the attributes', async () => {
    const cookie = ({ url }: SessionRequest) => ({ path: url, sameSite: 'lax' })
    const { get } = await site({ cookie })
    const sent = cookieNamed(await get('/admin'))
    expect(sent?.attributes).toEqual({ path: '/admin', httponly: true, samesite: 'Lax' })
  })

  test('may answer with an age', async () => {
    const { get } = await site({ cookie: () => ({ maxAge: 30_000 }) })
    expectToExpireIn(await get(), 30_000)
  })

  test('is asked anew for each request', async () => {
    const cookie = ({ headers }: SessionRequest) => ({ httpOnly: headers['x-script'] === undefined })
    const { get } = await site({ cookie })
    expect(cookieNamed(await get())?.attributes).toHaveProperty('httponly')
    const open = await get('/', { headers: { 'x-script': '1' } })
    expect(cookieNamed(open)?.attributes).not.toHaveProperty('httponly')
  })

  test('decides on the path as well', async () => {
    const { get } = await site({ cookie: () => ({ path: '/shop' }) }, (request, response) =>
      response.end(typeof request.session),
    )
    expect((await get('/shop')).text).toBe('object')
    expect((await get('/other')).text).toBe('undefined')
  })

  test('is asked for a regenerated session as well', async () => {
    const { get } = await site({ cookie: () => ({ maxAge: 30_000 }) }, ({ session }, response) =>
      session.regenerate(() => response.end()),
    )
    expectToExpireIn(await get(), 30_000)
  })

  test('brings the session back', async () => {
    const { get } = await site({ cookie: () => ({ maxAge: 30_000 }) }, countViews)
    const first = await get()
    expect((await get('/', { cookie: first })).text).toBe('2')
  })
})

describe('req.session.cookie', () => {
  test.each<[string, Record<string, unknown>, string, string | true]>([
    ['path', { path: '/own' }, 'path', '/own'],
    ['domain', { domain: 'example.org' }, 'domain', 'example.org'],
    ['sameSite', { sameSite: 'strict' }, 'samesite', 'Strict'],
    ['priority', { priority: 'low' }, 'priority', 'Low'],
    ['partitioned', { partitioned: true }, 'partitioned', true],
  ])('takes another %s for this visitor', async (...[, change, attribute, value]) => {
    const sent = await attributes({ maxAge: 60_000 }, ({ session }, response) => {
      Object.assign(session.cookie, change)
      response.end()
    })
    expect(sent[attribute]).toBe(value)
  })

  test('httpOnly false leaves HttpOnly out', async () => {
    const sent = await attributes({}, ({ session }, response) => {
      session.cookie.httpOnly = false
      response.end()
    })
    expect(sent).not.toHaveProperty('httponly')
  })

  test('secure true on a plain connection sends no cookie', async () => {
    const { get } = await site({}, ({ session }, response) => {
      session.cookie.secure = true
      response.end()
    })
    expect((await get()).cookies).toEqual([])
  })

  test('maxAge counts for the cookie of this answer', async () => {
    const { get } = await site({}, ({ session }, response) => {
      session.cookie.maxAge = 120_000
      response.end()
    })
    expectToExpireIn(await get(), 120_000)
  })

  test('maxAge changed by a later request counts too, with its data', async () => {
    const { get } = await site({ cookie: { maxAge: 2000 } }, (request, response) => {
      const { session } = request
      session.count = Number(session.count ?? 0) + 1
      if (session.count === 2) session.cookie.maxAge = 5000
      if (session.count === 3) session.cookie.maxAge = 3_000_000_000
      response.end(String(session.count))
    })
    const first = await get()
    expectToExpireIn(first, 2000)
    const second = await get('/', { cookie: first })
    expectToExpireIn(second, 5000)
    const third = await get('/', { cookie: second })
    expect(third.text).toBe('3')
    expectToExpireIn(third, 3_000_000_000)
  })

  test('maxAge null makes a browser-session cookie', async () => {
    const sent = await attributes({ maxAge: 60_000 }, ({ session }, response) => {
      session.cookie.maxAge = null
      response.end()
    })
    expect(sent).not.toHaveProperty('expires')
  })

  test('expires null makes a browser-session cookie', async () => {
    const sent = await attributes({ maxAge: 60_000 }, ({ session }, response) => {
      session.cookie.expires = null
      response.end()
    })
    expect(sent).toEqual({ path: '/', httponly: true })
  })

  test('expires null later sends no cookie for a change of data', async () => {
    const { get } = await site({ cookie: { maxAge: 60_000 } }, (request, response) => {
      if (request.url === '/end') request.session.cookie.expires = null
      countViews(request, response)
    })
    const first = await get()
    expect((await get('/end', { cookie: first })).text).toBe('2')
    expect((await get('/', { cookie: first })).text).toBe('3')
  })

  test('expires new Date(0) is sent as such, and ends the cookie', async () => {
    const { get } = await site({}, ({ session }, response) => {
      session.cookie.expires = new Date(0)
      response.end()
    })
    expect(expiryOf(await get())).toBeLessThanOrEqual(Date.now())
  })

  test('expires far ahead is sent', async () => {
    const farAt = Date.now() + 15_768_000_000
    const { get } = await site({ cookie: {} }, ({ session }, response) => {
      session.cookie.expires = new Date(farAt)
      response.end()
    })
    expect(Math.abs((expiryOf(await get()) ?? 0) - farAt)).toBeLessThanOrEqual(1000)
  })

  test('expires may be a Date in place of no age', async () => {
    const sent = await attributes({}, ({ session }, response) => {
      session.cookie.expires = new Date(Date.now() + 60_000)
      response.end()
    })
    expect(sent).toHaveProperty('expires')
  })

  test('originalMaxAge is the age of the option, on every request', async () => {
    const { get } = await site({ cookie: { maxAge: 2000 } }, ({ session }, response) =>
      response.end(JSON.stringify(session.cookie.originalMaxAge)),
    )
    const first = await get()
    pass(500)
    const second = await get('/', { cookie: first })
    expect([first.text, second.text]).toEqual(['2000', '2000'])
  })

  test('originalMaxAge follows the age that an earlier request set', async () => {
    const { get } = await site({ cookie: { maxAge: 2000 } }, ({ session, url }, response) => {
      if (url === '/long') session.cookie.maxAge = 6000
      response.end(JSON.stringify(session.cookie.originalMaxAge))
    })
    const first = await get('/long')
    expect([first.text, (await get('/', { cookie: first })).text]).toEqual(['6000', '6000'])
  })

  test('originalMaxAge comes of expires as well', async () => {
    const { get } = await site({ cookie: {} }, ({ session, url }, response) => {
      if (url === '/set') session.cookie.expires = new Date(Date.now() + 60_000)
      response.end(JSON.stringify(session.cookie.originalMaxAge))
    })
    const first = await get('/set')
    const later = Number((await get('/', { cookie: first })).text)
    expect(later).toBe(Number(first.text))
    expect(later).toBeGreaterThan(59_000)
  })

  test('originalMaxAge is null for a browser-session cookie', async () => {
    const { get } = await site({ cookie: {} }, ({ session }, response) =>
      response.end(JSON.stringify([session.cookie.originalMaxAge, session.cookie.maxAge])),
    )
    const first = await get()
    expect([first.text, (await get('/', { cookie: first })).text]).toEqual(['[null,null]', '[null,null]'])
  })

  test('has an expires that is a Date again after loading', async () => {
    const { get } = await site({}, ({ session }, response) =>
      response.end(String(session.cookie.expires instanceof Date)),
    )
    const first = await get()
    expect((await get('/', { cookie: first })).text).toBe('true')
  })
})

describe('the age that is stored', () => {
  test('is the age that is sent', async () => {
    const store = memory()
    const { get } = await site({ store }, countViews)
    const answer = await get()
    const record = await stored(store, idOf(answer))
    const storedAt = Date.parse(String(Object(record?.cookie).expires))
    expect(new Date(storedAt).toUTCString()).toBe(cookieNamed(answer)?.attributes.expires)
  })

  test('slides with each visit', async () => {
    const { get } = await site({ rolling: true, cookie: { maxAge: 10_000 } }, countViews)
    const first = await get()
    pass(4000)
    const second = await get('/', { cookie: first })
    expect(Number(expiryOf(second)) - Number(expiryOf(first))).toBeGreaterThanOrEqual(3000)
  })

  test('is counted from the headers when the body is slow', async () => {
    const { get } = await site({ rolling: true }, (request, response) => {
      countViews(request, slowly(response))
    })
    const first = await get()
    pass(2000)
    const second = await get('/', { cookie: first })
    expect(expiryOf(second)).toBeGreaterThan(Number(expiryOf(first)))
    expect(second.text).toBe('hello, 2')
  })

  function slowly(response: ServerResponse): ServerResponse {
    const end = response.end.bind(response)
    response.write('hello, ')
    response.end = (...parts: unknown[]) => {
      setTimeout(() => end(parts[0]), 20)
      return response
    }
    return response
  }
})

describe('rolling', () => {
  test('sends the cookie again with every answer', async () => {
    const { get } = await site({ rolling: true })
    const first = await get()
    const second = await get('/', { cookie: first })
    expect(idOf(second)).toBe(idOf(first))
  })

  test('not set sends it only once', async () => {
    const { get } = await site()
    const first = await get()
    expect((await get('/', { cookie: first })).cookies).toEqual([])
  })
})

describe("the application's own cookies", () => {
  const ways: [string, (response: ServerResponse) => void, string[]][] = [
    ['one', response => response.setHeader('Set-Cookie', 'a=1'), ['a=1']],
    ['an array', response => response.setHeader('Set-Cookie', ['a=1', 'b=2']), ['a=1', 'b=2']],
    ['writeHead', response => response.writeHead(200, { 'Set-Cookie': 'a=1' }), ['a=1']],
    [
      'writeHead, an array',
      response => response.writeHead(200, { 'Set-Cookie': ['a=1', 'b=2'] }),
      ['a=1', 'b=2'],
    ],
    [
      'writeHead with a reason',
      response => response.writeHead(200, 'Fine', { 'Set-Cookie': 'a=1' }),
      ['a=1'],
    ],
  ]

  test.each(ways)('set as %s are sent beside it', async (_how, set, lines) => {
    const { get } = await site({}, (_request, response) => {
      set(response)
      response.end()
    })
    const answer = await get()
    expect(answer.cookies.map(cookie => cookie.line)).toEqual([...lines, cookieNamed(answer)?.line])
  })

  test('set both ways keep what plain Node keeps', async () => {
    const { get } = await site({}, (_request, response) => {
      response.setHeader('Set-Cookie', 'before=1')
      response.writeHead(200, { 'Set-Cookie': 'head=1' })
      response.end()
    })
    const answer = await get()
    expect(answer.cookies.map(cookie => cookie.name)).toEqual(['head', 'connect.sid'])
  })

  test('do not disturb the other headers', async () => {
    const { get } = await site({}, (_request, response) => {
      response.writeHead(201, 'Made', { 'X-One': '1', 'Content-Type': 'text/plain' })
      response.end('made')
    })
    const answer = await get()
    expect([answer.status, answer.headers['x-one'], answer.headers['content-type'], answer.text]).toEqual([
      201,
      '1',
      'text/plain',
      'made',
    ])
  })

  test('are all that is sent when the session needs none', async () => {
    const { get } = await site({ saveUninitialized: false }, (request, response) => {
      response.setHeader('Set-Cookie', 'a=1')
      sayNothing(request, response)
    })
    expect((await get()).cookies.map(cookie => cookie.line)).toEqual(['a=1'])
  })
})
