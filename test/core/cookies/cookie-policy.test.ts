import { describe, expect, test } from 'vitest'
import { type CookieConfiguration, CookiePolicy } from '../../../src/core/cookies/cookie-policy.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'

const secure = { isSecure: true, request: undefined }
const insecure = { isSecure: false, request: undefined }

describe("the attributes for one request's connection", () => {
  test("`secure: 'auto'` follows the connection", () => {
    const policy = policyOf({ secure: 'auto' })
    expect(policy.write('a', secure, null)).toBe('sid=a; Path=/; HttpOnly; Secure')
    expect(policy.write('a', insecure, null)).toBe('sid=a; Path=/; HttpOnly')
    expect([policy.isAllowed(secure), policy.isAllowed(insecure)]).toEqual([true, true])
  })

  test('a cookie for secure connections is not sent over an insecure one', () => {
    const policy = policyOf({ secure: true })
    expect([policy.isAllowed(secure), policy.isAllowed(insecure)]).toEqual([true, false])
  })

  test("`sameSite: 'auto'` is none on a secure connection, else lax", () => {
    const policy = policyOf({ secure: 'auto', sameSite: 'auto' })
    expect(policy.write('a', secure, null)).toBe('sid=a; Path=/; HttpOnly; Secure; SameSite=None')
    expect(policy.write('a', insecure, null)).toBe('sid=a; Path=/; HttpOnly; SameSite=Lax')
  })

  test("`sameSite: 'auto'` does not make a cookie secure against the configuration", () => {
    const policy = policyOf({ secure: false, sameSite: 'auto' })
    expect(policy.write('a', secure, null)).toBe('sid=a; Path=/; HttpOnly; SameSite=None')
  })

  /** @see express-session, where a function that answers 'auto' never sets a cookie on http (Q1) */
  test('a function may answer `auto` too', () => {
    const policy = policyOf(() => ({ secure: 'auto', sameSite: 'auto' }))
    expect(policy.write('a', insecure, null)).toBe('sid=a; Path=/; HttpOnly; SameSite=Lax')
    expect(policy.write('a', secure, null)).toBe('sid=a; Path=/; HttpOnly; Secure; SameSite=None')
  })

  test('a function is called for each request, and its answer is not reused for another', () => {
    const policy = policyOf((request: never) => ({ path: `/${request}`, maxAge: 1000 }))
    for (const request of ['a', 'b', 'a']) {
      expect(policy.write('x', { isSecure: true, request }, null)).toBe(`sid=x; Path=/${request}; HttpOnly`)
      expect(policy.pathFor(request)).toBe(`/${request}`)
      expect(policy.maxAgeFor({ isSecure: true, request })).toBe(1000)
    }
  })

  test('a function that answers nothing means the defaults everywhere', () => {
    const policy = policyOf((() => undefined) as never)
    expect(policy.write('a', insecure, null)).toBe('sid=a; Path=/; HttpOnly')
    expect(policy.pathFor(undefined)).toBe('/')
  })
})

describe('the lifetime', () => {
  test('is the configured one, from now', () => {
    const clock = fakeClock()
    const policy = new CookiePolicy('sid', { maxAge: 60_000 }, clock)
    expect(policy.maxAgeFor(insecure)).toBe(60_000)
    clock.advance(30_000)
    expect(policy.write('a', insecure, 60_000)).toBe(
      'sid=a; Path=/; Max-Age=60; Expires=Tue, 01 Jan 2030 00:01:30 GMT; HttpOnly',
    )
  })

  test('without one the cookie ends with the browser', () => {
    expect(policyOf({}).maxAgeFor(insecure)).toBeNull()
    expect(policyOf({ maxAge: null }).maxAgeFor(insecure)).toBeNull()
    expect(policyOf({}).write('a', insecure, null)).not.toContain('Max-Age')
  })

  test('a configured date gives the time that is left until then', () => {
    const clock = fakeClock()
    const policy = new CookiePolicy('sid', { expires: new Date(clock.now() + 9000) }, clock)
    clock.advance(4000)
    expect(policy.maxAgeFor(insecure)).toBe(5000)
  })
})

describe('headers', () => {
  test('a cookie that the application has changed is written with its new values', () => {
    const policy = policyOf({ maxAge: 1000 })
    const cookie = policy.cookieFor(insecure)
    Object.assign(cookie, { path: '/own', sameSite: 'strict' })
    expect(cookie.write({ name: policy.name, value: 'a' })).toMatch(
      /^sid=a; Path=\/own; Max-Age=1; .*; SameSite=Strict$/,
    )
    expect(policy.write('a', insecure, null)).toBe('sid=a; Path=/; HttpOnly')
  })

  test('a deletion has the same attributes as the cookie', () => {
    const policy = policyOf({
      domain: 'example.com',
      path: '/shop',
      secure: true,
      partitioned: true,
      maxAge: 5,
    })
    expect(policy.writeDeletion(secure)).toBe(
      'sid=; Domain=example.com; Path=/shop; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; Partitioned',
    )
  })
})

function policyOf(configured: CookieConfiguration): CookiePolicy {
  return new CookiePolicy('sid', configured, fakeClock())
}
