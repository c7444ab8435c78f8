import { describe, expect, test } from 'vitest'
import {
  formatCookie,
  formatDeletion,
  formatLifetime,
  frameCookie,
  isCookieName,
  longestLifetimeMs,
  prefixProblem,
} from '../../../src/core/cookies/set-cookie.ts'

const now = Date.UTC(2030, 0, 1)
const day = 86_400_000
const invalid = expect.objectContaining({ code: 'COOKIE_INVALID' })

describe('the attributes', () => {
  test.each([
    [{}, '', ''],
    [{ path: '/' }, '; Path=/', ''],
    [{ path: '/a b/~%20,=' }, '; Path=/a b/~%20,=', ''],
    [{ domain: 'example.com', path: '/shop' }, '; Domain=example.com; Path=/shop', ''],
    [{ domain: '.example.com' }, '; Domain=.example.com', ''],
    [{ domain: 'localhost' }, '; Domain=localhost', ''],
    [{ domain: 'xn--bcher-kva.example' }, '; Domain=xn--bcher-kva.example', ''],
    [{ httpOnly: true }, '', '; HttpOnly'],
    [{ httpOnly: false, secure: false, partitioned: false }, '', ''],
    [{ secure: true }, '', '; Secure'],
    [{ secure: true, partitioned: true }, '', '; Secure; Partitioned'],
    [{ priority: 'low' as const }, '', '; Priority=Low'],
    [{ priority: 'medium' as const }, '', '; Priority=Medium'],
    [{ priority: 'high' as const }, '', '; Priority=High'],
    [{ sameSite: true }, '', '; SameSite=Strict'],
    [{ sameSite: 'strict' as const }, '', '; SameSite=Strict'],
    [{ sameSite: 'lax' as const }, '', '; SameSite=Lax'],
    [{ sameSite: 'none' as const }, '', '; SameSite=None'],
    [{ sameSite: false }, '', ''],
  ])('%j', (attributes, head, tail) => {
    expect(frameCookie(attributes)).toEqual({ head, tail })
  })

  test('the case of sameSite and priority does not matter, as in express-session', () => {
    const attributes = { sameSite: 'LAX', priority: 'High' } as never
    expect(frameCookie(attributes).tail).toBe('; Priority=High; SameSite=Lax')
  })

  // If one attribute let one of these through, it would set another attribute in the browser.
  const injections = [
    'a;b',
    '/;Secure',
    '/\r\nX: y',
    '/\n',
    '/\r',
    '/\0',
    '/é',
    '/🍏',
    '/\x7f',
    '/\x01',
    '/\u2028',
  ]
  test.each(injections)('a path of %j is refused', path => {
    expect(() => frameCookie({ path })).toThrow(invalid)
  })

  test.each([
    ...injections,
    'a,b',
    'a b',
    'a..b',
    '-a',
    'a-',
    'a_b',
    'a/b',
    'a:80',
    '*.a',
    '[::1]',
    'a.',
    '..a',
    '.',
  ])('a domain of %j is refused', domain => {
    expect(() => frameCookie({ domain })).toThrow(invalid)
  })

  test.each([...injections, 'Lax; Secure', 'bogus', 'lax ', 1, {}, ['lax'], 'toString', '__proto__'])(
    'sameSite and priority of %j are refused',
    value => {
      expect(() => frameCookie({ sameSite: value as never })).toThrow(invalid)
      expect(() => frameCookie({ priority: value as never })).toThrow(invalid)
    },
  )

  test.each([1, {}, ['/'], true, Symbol('/')])(
    'a path or a domain that is no string (%s) is refused',
    value => {
      expect(() => frameCookie({ path: value as never })).toThrow(invalid)
      expect(() => frameCookie({ domain: value as never })).toThrow(invalid)
    },
  )

  test('a relative path is refused, because a browser would use another one', () => {
    expect(() => frameCookie({ path: 'shop' })).toThrow(invalid)
  })

  test('an attribute of more than 1024 characters is refused, because browsers ignore it', () => {
    expect(frameCookie({ path: `/${'a'.repeat(1023)}` }).head).toHaveLength('; Path='.length + 1024)
    expect(() => frameCookie({ path: `/${'a'.repeat(1024)}` })).toThrow(invalid)
    expect(() => frameCookie({ domain: `${'a.'.repeat(600)}com` })).toThrow(invalid)
  })

  test('the message names the attribute, the given value and the accepted ones', () => {
    expect(() => frameCookie({ sameSite: 'never' as never })).toThrow(
      "Expected `cookie.sameSite` to be one of true, 'strict', 'lax', 'none', got 'never'.",
    )
    expect(() => frameCookie({ path: 'x' })).toThrow("Expected `cookie.path` to be a valid Path, got 'x'.")
  })

  test('a domain built to be slow is refused at once', () => {
    const begunAt = performance.now()
    expect(() => frameCookie({ domain: `${'a'.repeat(1000)}!` })).toThrow(invalid)
    expect(() => frameCookie({ domain: `${'a-'.repeat(500)}!` })).toThrow(invalid)
    expect(performance.now() - begunAt).toBeLessThan(50)
  })
})

describe('the whole header', () => {
  const frame = frameCookie({
    domain: 'example.com',
    path: '/',
    httpOnly: true,
    secure: true,
    sameSite: 'lax',
  })

  test('the parts have a fixed order', () => {
    expect(formatCookie({ name: 'sid', value: 'a' }, frame, '; Max-Age=1')).toBe(
      'sid=a; Domain=example.com; Path=/; Max-Age=1; HttpOnly; Secure; SameSite=Lax',
    )
    expect(formatCookie({ name: 'sid', value: 'a' }, frame)).not.toContain('Max-Age')
  })

  test('name and value have at most 4096 characters together', () => {
    const formatted = formatCookie({ name: 'sid', value: 'a'.repeat(4092) }, frame)
    expect(formatted.startsWith(`sid=${'a'.repeat(4092)};`)).toBe(true)
    expect(() => formatCookie({ name: 'sid', value: 'a'.repeat(4093) }, frame)).toThrow(invalid)
  })

  test('a deletion has the same name, domain, path and flags, and has expired', () => {
    expect(formatDeletion('sid', frame)).toBe(
      'sid=; Domain=example.com; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax',
    )
    const partitioned = frameCookie({ path: '/a', secure: true, partitioned: true })
    expect(formatDeletion('sid', partitioned)).toMatch(/^sid=; Path=\/a; .*; Secure; Partitioned$/)
  })
})

describe('the lifetime', () => {
  test.each([
    ['a day', day, 'Max-Age=86400; Expires=Wed, 02 Jan 2030 00:00:00 GMT'],
    ['a second', 1000, 'Max-Age=1; Expires=Tue, 01 Jan 2030 00:00:01 GMT'],
    ['almost two seconds', 1999, 'Max-Age=1; Expires=Tue, 01 Jan 2030 00:00:01 GMT'],
    ['less than a second', 999, 'Max-Age=0; Expires=Tue, 01 Jan 2030 00:00:00 GMT'],
    ['nothing', 0, 'Max-Age=0; Expires=Tue, 01 Jan 2030 00:00:00 GMT'],
    ['what is over', -day, 'Max-Age=0; Expires=Mon, 31 Dec 2029 00:00:00 GMT'],
  ])('%s is written twice, in whole seconds', (_kind, spanMs, text) => {
    expect(formatLifetime(new Date(now + spanMs), now)).toBe(`; ${text}`)
  })

  test('each instant is written, even within one second and backwards', () => {
    const texts = [0, 1, 999, 1000, 0, -1, 5000].map(spanMs => formatLifetime(new Date(now + spanMs), now))
    const seconds = texts.map(text => text.slice(text.indexOf('Expires=') + 8))
    expect(seconds).toEqual(
      [0, 0, 0, 1000, 0, -1000, 5000].map(spanMs => new Date(now + spanMs).toUTCString()),
    )
  })

  test('more than 400 days are cut to 400, because browsers do so', () => {
    expect(longestLifetimeMs).toBe(400 * day)
    expect(formatLifetime(new Date(now + 400 * day), now)).toContain('Max-Age=34560000;')
    expect(formatLifetime(new Date(now + 4000 * day), now)).toContain('Max-Age=34560000;')
  })

  test('an invalid date is refused in the words of express-session', () => {
    expect(() => formatLifetime(new Date(Number.NaN), now)).toThrow(invalid)
    expect(() => formatLifetime(new Date(Number.NaN), now)).toThrow('option expires is invalid')
    expect(() => formatLifetime(new Date(now + Number.POSITIVE_INFINITY), now)).toThrow(invalid)
  })
})

describe('the name', () => {
  test.each(['sid', 'connect.sid', '__Host-sid', '__Secure-sid', "!#$%&'*+-.^_`|~", 'A0', 'x'.repeat(256)])(
    '%j may name a cookie',
    name => {
      expect(isCookieName(name)).toBe(true)
    },
  )

  test.each([
    ...[
      '',
      ' ',
      'a b',
      'a=b',
      'a;b',
      'a,b',
      'a\tb',
      'a\r\nb',
      'a\n',
      'a\0',
      'é',
      '🍏',
      '"a"',
      'a:b',
      '(a)',
      'a/b',
    ],
    ...['a@b', '{a}', '[a]', 'a\\b', 'a?b', '<a>', '\xa0__Host-sid', '__proto__', 'x'.repeat(257)],
    ...[undefined, null, 1, {}, ['sid'], Symbol('sid')],
  ])('%s may not', name => {
    expect(isCookieName(name)).toBe(false)
  })
})

describe('the requirements of a prefix', () => {
  const all = { secure: true, httpOnly: true, path: '/' }
  test.each([
    ['sid', {}],
    ['__Hosted', {}],
    ['x__Host-sid', {}],
    ['__Secure-sid', { secure: true, domain: 'example.com', path: '/a' }],
    ['__Http-sid', { secure: true, httpOnly: true, domain: 'example.com' }],
    ['__Host-sid', { secure: true, path: '/' }],
    ['__Host-Http-sid', all],
  ])('%s with %j meets them', (name, attributes) => {
    expect(prefixProblem(name, attributes)).toBeUndefined()
  })

  test.each([
    ['__Secure-sid', { ...all, secure: false }, 'secure'],
    ['__Secure-sid', {}, 'secure'],
    ['__secure-sid', {}, 'secure'],
    ['__Http-sid', { ...all, secure: false }, 'secure'],
    ['__Http-sid', { ...all, httpOnly: false }, 'httpOnly'],
    ['__HTTP-sid', { secure: true }, 'httpOnly'],
    ['__Host-sid', { ...all, secure: false }, 'secure'],
    ['__Host-sid', { ...all, path: '/a' }, 'path'],
    ['__Host-sid', { secure: true }, 'path'],
    ['__Host-sid', { ...all, domain: 'example.com' }, 'domain'],
    ['__HOST-sid', { ...all, path: '/a' }, 'path'],
    ['__Host-Http-sid', { ...all, httpOnly: false }, 'httpOnly'],
    ['__Host-Http-sid', { ...all, path: '/a' }, 'path'],
    ['__hOsT-hTTp-sid', { ...all, domain: 'example.com' }, 'domain'],
  ])('%s with %j does not', (name, attributes, lacking) => {
    expect(prefixProblem(name, attributes)).toContain(lacking)
  })
})
