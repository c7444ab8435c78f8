import { describe, expect, test } from 'vitest'
import { subject } from './subject.ts'
import { pass } from './time.ts'

const { Cookie } = subject
const dataKeys = [
  'originalMaxAge',
  'partitioned',
  'priority',
  'expires',
  'secure',
  'httpOnly',
  'domain',
  'path',
  'sameSite',
]

describe('a cookie made without options', () => {
  test.each([
    ['path', '/'],
    ['httpOnly', true],
    ['maxAge', null],
    ['originalMaxAge', null],
    ['expires', null],
    ['secure', undefined],
    ['domain', undefined],
    ['sameSite', undefined],
    ['priority', undefined],
    ['partitioned', undefined],
  ])('has %s %s', (attribute, value) => {
    // express-session leaves some of these null and some undefined; both mean that nothing was asked for.
    expect(new Cookie()[attribute] ?? null).toBe(value ?? null)
  })

  test.each([[undefined], [null], [false], [0], ['']])('comes of %s as well', given => {
    expect(new Cookie(given).path).toBe('/')
  })
})

describe('a cookie made of options', () => {
  test.each([[42], ['foo'], [true], [() => {}]])('refuses %s, which is no object', given => {
    expect(() => new Cookie(given)).toThrow(new TypeError('argument options must be a object'))
  })

  test.each([
    ['path', '/shop'],
    ['domain', 'example.org'],
    ['secure', true],
    ['httpOnly', false],
    ['sameSite', 'lax'],
    ['priority', 'high'],
    ['partitioned', true],
  ])('takes %s from them', (attribute, value) => {
    expect(new Cookie({ [attribute]: value })[attribute]).toBe(value)
  })

  test('ignores a key named data', () => {
    const cookie = new Cookie({ data: { path: '/elsewhere' }, path: '/here' })
    expect(cookie.data).toBeTypeOf('object')
    expect(cookie.data.path).toBe('/here')
  })

  test('takes what the options inherit', () => {
    expect(new Cookie(Object.create({ path: '/inherited' })).path).toBe('/inherited')
  })

  test('keeps an unknown key to itself', () => {
    const cookie = new Cookie({ flavour: 'vanilla' })
    expect(cookie.toJSON()).not.toHaveProperty('flavour')
    expect(cookie.serialize('a', 'b')).not.toContain('vanilla')
  })

  test('leaves the options as they are', () => {
    const given = Object.freeze({ maxAge: 1000, path: '/' })
    const cookie = new Cookie(given)
    cookie.maxAge = 5
    expect(given).toEqual({ maxAge: 1000, path: '/' })
  })
})

describe('expires', () => {
  test('is the date that was given', () => {
    const expires = new Date(Date.now() + 60_000)
    expect(new Cookie({ expires }).expires).toBe(expires)
  })

  test('sets the maximum age that is left', () => {
    const cookie = new Cookie({ expires: new Date(Date.now() + 60_000) })
    expect(cookie.maxAge).toBeGreaterThan(59_000)
    expect(cookie.maxAge).toBeLessThanOrEqual(60_000)
  })

  test('sets the original maximum age', () => {
    const cookie = new Cookie({ expires: new Date(Date.now() + 60_000) })
    expect(cookie.originalMaxAge).toBeGreaterThan(59_000)
    expect(cookie.originalMaxAge).toBeLessThanOrEqual(60_000)
  })

  test('set to null makes a browser-session cookie', () => {
    const cookie = new Cookie({ maxAge: 1000 })
    cookie.expires = null
    expect(cookie.maxAge).toBeNull()
    expect(cookie.originalMaxAge).toBeNull()
  })

  test('that is over leaves a negative maximum age', () => {
    expect(new Cookie({ expires: new Date(Date.now() - 60_000) }).maxAge).toBeLessThan(0)
  })
})

describe('maxAge', () => {
  test('sets expires that far from now', () => {
    const cookie = new Cookie({ maxAge: 60_000 })
    expect(cookie.expires).toBeInstanceOf(Date)
    expect(Math.abs(Number(cookie.expires) - Date.now() - 60_000)).toBeLessThan(500)
  })

  test('sets the original maximum age', () => {
    expect(new Cookie({ maxAge: 60_000 }).originalMaxAge).toBe(60_000)
  })

  test('becomes less as time passes, while the original stays', () => {
    const cookie = new Cookie({ maxAge: 60_000 })
    pass(10_000)
    expect(cookie.maxAge).toBeLessThanOrEqual(50_000)
    expect(cookie.originalMaxAge).toBe(60_000)
  })

  test('set later moves expires', () => {
    const cookie = new Cookie({ maxAge: 1000 })
    cookie.maxAge = 90_000
    expect(Number(cookie.expires) - Date.now()).toBeGreaterThan(89_000)
    expect(cookie.originalMaxAge).toBe(90_000)
  })

  test('accepts a Date as expires', () => {
    const expires = new Date(Date.now() + 60_000)
    const cookie = new Cookie({ maxAge: expires })
    expect(Number(cookie.expires)).toBe(expires.getTime())
    expect(cookie.maxAge).toBeGreaterThan(59_000)
  })

  test.each([['42'], [true], [() => {}], [{}], [[1]]])('refuses %s', maxAge => {
    expect(() => new Cookie({ maxAge })).toThrow(new TypeError('maxAge must be a number or Date'))
  })

  test.each([[null], [undefined], [false]])('%s makes a browser-session cookie', maxAge => {
    expect(new Cookie({ maxAge }).serialize('a', 'b')).not.toContain('Expires')
  })

  test('0 ends at once', () => {
    expect(new Cookie({ maxAge: 0 }).maxAge).toBeLessThanOrEqual(0)
  })
})

describe('expires and maxAge together', () => {
  const far = new Date(Date.now() + 3_600_000)

  test('maxAge wins when it comes last', () => {
    expect(new Cookie({ expires: far, maxAge: 60_000 }).originalMaxAge).toBe(60_000)
  })

  test('expires wins when it comes last', () => {
    expect(new Cookie({ maxAge: 60_000, expires: far }).expires).toBe(far)
  })

  test('an expires of null that comes last undoes maxAge', () => {
    expect(new Cookie({ maxAge: 60_000, expires: null }).maxAge).toBeNull()
  })

  test('the original maximum age can be given, after them', () => {
    expect(new Cookie({ expires: far, originalMaxAge: 7 }).originalMaxAge).toBe(7)
  })
})

describe('a cookie as data', () => {
  const full = {
    sameSite: 'strict',
    path: '/p',
    domain: 'example.org',
    httpOnly: true,
    secure: true,
    maxAge: 60_000,
    priority: 'low',
    partitioned: true,
  }

  test('has the keys of the stored format, in its order', () => {
    expect(Object.keys(new Cookie(full).toJSON())).toEqual(dataKeys)
  })

  test('is the same by data and by toJSON', () => {
    const cookie = new Cookie(full)
    expect(cookie.data).toEqual(cookie.toJSON())
  })

  test('is written to JSON as stores have it', () => {
    expect(JSON.stringify(new Cookie())).toBe(
      '{"originalMaxAge":null,"expires":null,"httpOnly":true,"path":"/"}',
    )
  })

  test('writes its date as an ISO string', () => {
    const expires = new Date('2038-01-19T03:14:07.000Z')
    expect(JSON.parse(JSON.stringify(new Cookie({ expires }))).expires).toBe('2038-01-19T03:14:07.000Z')
  })

  test('leaves out encode, signed and maxAge', () => {
    const cookie = new Cookie({ encode: String, signed: true, maxAge: 1 })
    expect(Object.keys(cookie.toJSON())).toEqual(dataKeys)
  })
})

describe('serialize', () => {
  test('writes a bare cookie', () => {
    expect(new Cookie().serialize('name', 'value')).toBe('name=value; Path=/; HttpOnly')
  })

  test('encodes the value', () => {
    expect(new Cookie().serialize('name', 's:a b/c')).toBe('name=s%3Aa%20b%2Fc; Path=/; HttpOnly')
  })

  test.each([
    [{ domain: 'example.org' }, 'Domain=example.org'],
    [{ secure: true }, 'Secure'],
    [{ sameSite: 'none' }, 'SameSite=None'],
    [{ sameSite: 'Lax' }, 'SameSite=Lax'],
    [{ sameSite: true }, 'SameSite=Strict'],
    [{ priority: 'medium' }, 'Priority=Medium'],
    [{ partitioned: true }, 'Partitioned'],
    [{ path: '/a' }, 'Path=/a'],
    [{ expires: new Date(0) }, 'Expires=Thu, 01 Jan 1970 00:00:00 GMT'],
  ])('writes %o as %s', (given, attribute) => {
    expect(new Cookie(given).serialize('a', 'b').split('; ')).toContain(attribute)
  })

  test.each([
    ['httpOnly', 'HttpOnly'],
    ['secure', 'Secure'],
    ['partitioned', 'Partitioned'],
    ['sameSite', 'SameSite'],
  ])('leaves out %s when it is false', (attribute, word) => {
    expect(new Cookie({ [attribute]: false }).serialize('a', 'b')).not.toContain(word)
  })

  test('refuses a date that is none', () => {
    expect(() => new Cookie({ expires: new Date(Number.NaN) }).serialize('a', 'b')).toThrow(
      'option expires is invalid',
    )
  })
})
