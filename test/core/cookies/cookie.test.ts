import { describe, expect, test } from 'vitest'
import { Cookie } from '../../../src/core/cookies/cookie.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'

describe('a new cookie', () => {
  test('is for the whole site, hidden from scripts, and ends with the browser', () => {
    expect(new Cookie().data).toEqual({
      originalMaxAge: null,
      expires: null,
      httpOnly: true,
      path: '/',
    })
  })

  test('has a stored form with the names of express-session in the same order', () => {
    const names = ['originalMaxAge', 'partitioned', 'priority', 'expires', 'secure', 'httpOnly', 'domain']
    expect(Object.keys(new Cookie().data)).toEqual([...names, 'path', 'sameSite'])
    const { cookie } = aged({ secure: true, sameSite: 'lax', maxAge: 1000 })
    expect(JSON.stringify(cookie)).toBe(
      '{"originalMaxAge":1000,"expires":"2030-01-01T00:00:01.000Z","secure":true,"httpOnly":true,"path":"/","sameSite":"lax"}',
    )
  })

  test('takes every option, and stores no other name', () => {
    const options = {
      domain: 'example.com',
      path: '/a',
      httpOnly: false,
      secure: true,
      priority: 'high',
    } as const
    const cookie = new Cookie({ ...options, partitioned: true, sameSite: 'none', bogus: 1 } as never)
    expect(cookie.data).toMatchObject({ ...options, partitioned: true, sameSite: 'none' })
    expect(JSON.stringify(cookie)).not.toContain('bogus')
  })

  test('inherited options count, and `data` does not', () => {
    const cookie = new Cookie(Object.create({ path: '/a', data: { path: '/b' } }))
    expect(cookie.path).toBe('/a')
    expect(cookie.data.path).toBe('/a')
  })

  test('options that are no object are refused in the words of express-session', () => {
    expect(() => new Cookie('sid' as never)).toThrow(TypeError('argument options must be a object'))
    expect(() => new Cookie(42 as never)).toThrow('argument options must be a object')
  })

  test('stored data with the name `__proto__` leaves a cookie a cookie', () => {
    const cookie = new Cookie(JSON.parse('{"__proto__":{"secure":true,"isAdmin":true},"path":"/a"}'))
    expect(cookie).toBeInstanceOf(Cookie)
    expect(Reflect.get(cookie, 'isAdmin')).toBeUndefined()
    expect(Reflect.get({}, 'isAdmin')).toBeUndefined()
    expect(cookie.serialize('sid', 'a')).toBe('sid=a; Path=/a; HttpOnly')
  })
})

describe('the lifetime of a cookie', () => {
  test('maxAge counts down, and originalMaxAge does not', () => {
    const { clock, cookie } = aged({ maxAge: 10_000 })
    clock.advance(4000)
    expect(cookie.maxAge).toBe(6000)
    expect(cookie.originalMaxAge).toBe(10_000)
    expect(cookie.expires).toEqual(new Date(clock.now() + 6000))
    clock.advance(10_000)
    expect(cookie.maxAge).toBe(-4000)
  })

  test('a new maxAge begins now', () => {
    const { clock, cookie } = aged({ maxAge: 10_000 })
    clock.advance(4000)
    cookie.maxAge = 5000
    expect(cookie).toMatchObject({ maxAge: 5000, originalMaxAge: 5000 })
  })

  test('a date as expires or as maxAge gives the time that is left until then', () => {
    const { clock, cookie } = aged({})
    const end = new Date(clock.now() + 7000)
    cookie.expires = end
    expect(cookie).toMatchObject({ expires: end, maxAge: 7000, originalMaxAge: 7000 })
    cookie.expires = null
    cookie.maxAge = end
    expect(cookie).toMatchObject({ expires: end, maxAge: 7000, originalMaxAge: 7000 })
  })

  test.each([null, undefined])('%s means until the browser closes', nothing => {
    const { cookie } = aged({ maxAge: 1000 })
    cookie.maxAge = nothing
    expect(cookie.expires).toBe(nothing)
    expect(cookie.maxAge).toBe(nothing)
    expect(cookie.originalMaxAge).toBe(nothing)
    expect(cookie.serialize('sid', 'a')).toBe('sid=a; Path=/; HttpOnly')
  })

  test('of expires and maxAge the one set last counts', () => {
    const { clock } = aged({})
    const expires = new Date(clock.now() + 7000)
    expect(new Cookie({ maxAge: 1000, expires }, clock).maxAge).toBe(7000)
    expect(new Cookie({ expires, maxAge: 1000 }, clock).maxAge).toBe(1000)
  })

  test.each(['1000', {}, [], true, 10n])(
    'a maxAge of %o is refused in the words of express-session',
    maxAge => {
      const { cookie } = aged({})
      expect(() => Reflect.set(cookie, 'maxAge', maxAge)).toThrow(
        TypeError('maxAge must be a number or Date'),
      )
      expect(cookie.maxAge).toBeNull()
    },
  )

  test.each([Number.NaN, Number.POSITIVE_INFINITY, 1e17])(
    'a maxAge of %d is never written as a cookie without an end',
    maxAge => {
      const { cookie } = aged({})
      cookie.maxAge = maxAge
      expect(() => cookie.serialize('sid', 'a')).toThrow('option expires is invalid')
    },
  )

  test('a maxAge of zero or less has expired', () => {
    const { cookie } = aged({ maxAge: -1 })
    expect(cookie.serialize('sid', 'a')).toContain('; Max-Age=0; Expires=Mon, 31 Dec 2029 23:59:59 GMT')
    cookie.maxAge = 0
    expect(cookie.serialize('sid', 'a')).toContain('; Max-Age=0; ')
  })
})

describe('a cookie as a header', () => {
  test('has every attribute, and a lifetime that counts from now', () => {
    const { clock, cookie } = aged({ maxAge: 60_000, domain: 'example.com', secure: true, sameSite: 'lax' })
    clock.advance(20_000)
    expect(cookie.serialize('sid', 's:a')).toBe(
      'sid=s%3Aa; Domain=example.com; Path=/; Max-Age=40; Expires=Tue, 01 Jan 2030 00:01:00 GMT; HttpOnly; Secure; SameSite=Lax',
    )
  })

  test.each([
    ['path', '/;a'],
    ['domain', 'a\r\nb'],
    ['sameSite', 'bogus'],
    ['priority', 'high; Secure'],
  ])('refuses an attribute %s of %j, whenever it is set', (name, value) => {
    const cookie = new Cookie()
    Reflect.set(cookie, name, value)
    expect(() => cookie.serialize('sid', 'a')).toThrow(expect.objectContaining({ code: 'COOKIE_INVALID' }))
  })

  test.each(['a;b', 'a\r\nSet-Cookie: b', 'a=b', 'é', ''])('refuses a name of %j', name => {
    expect(() => new Cookie().serialize(name, 'a')).toThrow()
  })

  test('encodes any value', () => {
    expect(new Cookie().serialize('sid', 'a;b=c, d\r\né')).toBe(
      'sid=a%3Bb%3Dc%2C%20d%0D%0A%C3%A9; Path=/; HttpOnly',
    )
  })
})

function aged(options: ConstructorParameters<typeof Cookie>[0]): {
  readonly clock: ReturnType<typeof fakeClock>
  readonly cookie: Cookie
} {
  const clock = fakeClock()
  return { clock, cookie: new Cookie(options, clock) }
}
