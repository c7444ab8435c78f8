import session, { Cookie } from 'sojourn'
import DefaultCookie, { Cookie as DeepCookie } from 'sojourn/session/cookie'
import { describe, expect, test } from 'vitest'

describe('the exported Cookie', () => {
  test('is one under each of its names', () => {
    expect([session.Cookie, DeepCookie, DefaultCookie]).toEqual([Cookie, Cookie, Cookie])
  })

  test('begins as express-session’s does', () => {
    const cookie = new Cookie()
    expect([cookie.path, cookie.maxAge, cookie.expires, cookie.httpOnly, cookie.originalMaxAge]).toEqual([
      '/',
      null,
      null,
      true,
      null,
    ])
    expect(JSON.stringify(cookie)).toBe('{"originalMaxAge":null,"expires":null,"httpOnly":true,"path":"/"}')
  })

  test.each([['text'], [7], [true]])(
    'refuses options that are no object (%j), in the words of express-session',
    options => {
      expect(() => Reflect.construct(Cookie, [options])).toThrow(
        new TypeError('argument options must be a object'),
      )
    },
  )

  test.each([['1000'], [{}], [true], [[]]])(
    'refuses a maxAge of %j, in the words of express-session',
    maxAge => {
      const cookie = new Cookie()
      expect(() => Reflect.set(cookie, 'maxAge', maxAge)).toThrow(
        new TypeError('maxAge must be a number or Date'),
      )
    },
  )

  test('a date sets the lifetime that is left, and the last of `expires` and `maxAge` wins', () => {
    const inAMinute = new Date(Date.now() + 60_000)
    expect(new Cookie({ expires: inAMinute }).originalMaxAge).toBeGreaterThan(59_000)
    expect(new Cookie({ expires: inAMinute, maxAge: 5000 }).originalMaxAge).toBe(5000)
    expect(new Cookie({ maxAge: 5000, expires: inAMinute }).originalMaxAge).toBeGreaterThan(59_000)
    expect(new Cookie({ maxAge: 5000, expires: null }).maxAge).toBeNull()
  })

  test('options that are inherited count', () => {
    expect(new Cookie(Object.create({ path: '/app' })).path).toBe('/app')
  })

  test('what it does not know is kept, and reaches neither the store nor the browser', () => {
    const cookie = new Cookie({ path: '/', flavour: 'oat' } as object)
    expect(Reflect.get(cookie, 'flavour')).toBe('oat')
    expect(JSON.stringify(cookie)).not.toContain('oat')
    expect(cookie.serialize('name', 'value')).not.toContain('oat')
  })

  test('an option called `data` or `__proto__` changes nothing', () => {
    const cookie = new Cookie(JSON.parse('{"data":{"path":"/evil"},"__proto__":{"path":"/evil"}}'))
    expect([cookie.path, cookie instanceof Cookie]).toEqual(['/', true])
    expect(cookie.data.path).toBe('/')
  })

  test('is written with its attributes in the order of express-session, and Max-Age before Expires', () => {
    const cookie = new Cookie({
      domain: 'a.test',
      maxAge: 60_000,
      secure: true,
      sameSite: 'lax',
      priority: 'high',
    })
    expect(cookie.serialize('name', 'a b')).toMatch(
      /^name=a%20b; Domain=a\.test; Path=\/; Max-Age=(59|60); Expires=.* GMT; HttpOnly; Secure; Priority=High; SameSite=Lax$/,
    )
  })
})
