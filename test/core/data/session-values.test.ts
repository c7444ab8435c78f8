import { describe, expect, test } from 'vitest'
import { Cookie } from '../../../src/core/cookies/cookie.ts'
import { restoreLifetime, valuesOf } from '../../../src/core/data/session-values.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'

describe("taking the application's data out of a stored session", () => {
  test('it takes everything but the cookie and the names of the methods', () => {
    const stored = { cookie: {}, user: 'ada', id: 'x', req: 1, save: 2, touch: 3, views: 0, none: null }
    expect(valuesOf(stored)).toEqual({ user: 'ada', views: 0, none: null })
  })

  test('it takes inherited data, because some stores answer objects of a class', () => {
    expect(valuesOf(Object.create({ user: 'ada' }))).toEqual({ user: 'ada' })
  })

  test('data cannot set a prototype', () => {
    const values = valuesOf(JSON.parse('{"__proto__":{"isAdmin":true},"constructor":1,"a":1}'))
    expect(Object.keys(values)).toEqual(['a'])
    expect(Reflect.get(values, 'isAdmin')).toBeUndefined()
    expect(Reflect.get({}, 'isAdmin')).toBeUndefined()
  })
})

describe('the lifetime of a stored session', () => {
  const expires = '2030-01-01T00:01:00.000Z'
  test.each([
    ['as text', { expires, originalMaxAge: 90_000 }, 60_000, 90_000],
    ['as a date', { expires: new Date(expires), originalMaxAge: 90_000 }, 60_000, 90_000],
    ['none', { expires: null, originalMaxAge: null }, null, null],
    ['left out', {}, null, null],
    ['false', { expires: false, originalMaxAge: false }, null, null],
  ])('can be stored %s', (_kind, stored, maxAge, originalMaxAge) => {
    const cookie = restoreLifetime(configured(), { cookie: stored })
    expect([cookie.maxAge, cookie.originalMaxAge]).toEqual([maxAge, originalMaxAge])
  })

  /** @see express-session, where stored attributes beat the configuration (Q7) */
  test('does not change the other attributes: they stay as configured', () => {
    const stored = { httpOnly: false, path: '/old', domain: 'old.example', sameSite: 'none', secure: false }
    const cookie = restoreLifetime(configured(), { cookie: stored })
    expect(cookie.data).toMatchObject({ httpOnly: true, path: '/', secure: true, sameSite: 'strict' })
    expect(cookie.domain).toBeUndefined()
  })

  test.each([{}, { cookie: null }, { cookie: 'x' }])('a session with %j is corrupt', session => {
    expect(() => restoreLifetime(configured(), session)).toThrow(/^Cannot read prop/)
    expect(() => restoreLifetime(configured(), session)).toThrow(
      expect.objectContaining({ code: 'RECORD_CORRUPT' }),
    )
  })
})

function configured(): Cookie {
  return new Cookie({ maxAge: 5000, secure: true, sameSite: 'strict' }, fakeClock())
}
