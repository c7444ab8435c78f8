import { describe, expect, test } from 'vitest'
import { createSessions } from '../../../src/adapters/create-sessions.ts'
import { checkCookie } from '../../../src/core/cookies/cookie-check.ts'

const day = 86_400_000

describe('a cookie configuration that a browser would refuse or misread', () => {
  test.each([
    ['sid', { sameSite: 'none' }, '`cookie.secure`'],
    ['sid', { sameSite: 'None', secure: false }, '`cookie.secure`'],
    ['sid', { partitioned: true }, '`cookie.secure`'],
    ['sid', { partitioned: true, secure: false }, '`cookie.secure`'],
    ['sid', { sameSite: 'bogus', secure: true }, '`cookie.sameSite`'],
    ['sid', { sameSite: 1 }, '`cookie.sameSite`'],
    ['sid', { priority: 'urgent' }, '`cookie.priority`'],
    ['sid', { path: 'shop' }, '`cookie.path`'],
    ['sid', { path: '/;Secure' }, '`cookie.path`'],
    ['sid', { path: 5 }, '`cookie.path`'],
    ['sid', { domain: 'https://example.com' }, '`cookie.domain`'],
    ['sid', { domain: 'a\r\nb' }, '`cookie.domain`'],
    ['sid', { maxAge: '1000' }, '`cookie.maxAge`'],
    ['sid', { maxAge: '1h' }, '`cookie.maxAge`'],
    ['sid', { maxAge: Number.NaN }, '`cookie.maxAge`'],
    ['sid', { maxAge: Number.POSITIVE_INFINITY }, '`cookie.maxAge`'],
    ['sid', { maxAge: -1 }, '`cookie.maxAge`'],
    ['sid', { maxAge: 400 * day + 1 }, '400 days'],
    ['sid', { maxAge: new Date(Number.NaN) }, '`cookie.maxAge`'],
    ['sid', { expires: new Date(Number.NaN) }, '`cookie.expires`'],
    ['sid', { expires: '2030-01-01' }, '`cookie.expires`'],
    ['sid', { expires: 1000 }, '`cookie.expires`'],
    ['sid', { maxage: 1000 }, '`cookie.maxage`'],
    ['sid', { Secure: true }, '`cookie.Secure`'],
    ['sid', { name: 'x' }, '`cookie.name`'],
    ['sid', { httpOnly: 'false' }, '`cookie.httpOnly`'],
    ['sid', { httpOnly: 0 }, '`cookie.httpOnly`'],
    ['sid', { secure: 'yes' }, '`cookie.secure`'],
    ['sid', { secure: 'false' }, '`cookie.secure`'],
    ['sid', { partitioned: 'no', secure: true }, '`cookie.partitioned`'],
    ['__Host-sid', {}, '`secure: true`'],
    ['__Host-sid', { secure: false }, '`secure: true`'],
    ['__Host-sid', { secure: 'auto' }, '`secure: true`'],
    ['__Host-sid', { secure: true, path: '/shop' }, "`path: '/'`"],
    ['__Host-sid', { secure: true, domain: 'example.com' }, 'no `domain`'],
    ['__host-sid', { secure: true, path: '/shop' }, "`path: '/'`"],
    ['__Secure-sid', {}, '`secure: true`'],
    ['__Http-sid', { secure: true, httpOnly: false }, '`httpOnly: true`'],
    ['__Host-Http-sid', { secure: true, httpOnly: false }, '`httpOnly: true`'],
  ])('%s %o', (name, cookie, named) => {
    expect(problemsOf(name, cookie).join('\n')).toContain(named)
    expect(() => createSessions({ secret: 'x', name, cookie: cookie as never })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }),
    )
  })

  test('a name with a prefix is checked even without the option `cookie`', () => {
    for (const name of ['__Host-sid', '__Secure-sid', '__Http-sid', '__Host-Http-sid']) {
      expect(() => createSessions({ secret: 'x', name })).toThrow(/`secure: true`/)
    }
  })

  test('every problem is reported, each once', () => {
    const problems = problemsOf('__Host-sid', { sameSite: 'none', partitioned: true, maxAge: -1, bogus: 1 })
    expect(problems).toHaveLength(5)
  })
})

describe('a cookie configuration that works', () => {
  test.each([
    ['sid', {}],
    ['sid', { maxAge: 0 }],
    ['sid', { maxAge: 400 * day, httpOnly: false, priority: 'high' }],
    ['sid', { maxAge: null, expires: null, domain: undefined, path: undefined }],
    ['sid', { expires: new Date(), path: '/shop', domain: '.example.com' }],
    ['sid', { secure: 'auto', sameSite: 'auto' }],
    ['sid', { secure: true, sameSite: 'none', partitioned: true }],
    ['sid', { sameSite: true }],
    ['sid', { sameSite: false, secure: false }],
    ['sid', { signed: true, overwrite: true, encode: String }],
    ['__Host-sid', { secure: true }],
    ['__Host-sid', { secure: true, path: '/', httpOnly: false }],
    ['__Secure-sid', { secure: true, domain: 'example.com', path: '/a' }],
    ['__Host-Http-sid', { secure: true }],
  ])('%s %o', (name, cookie) => {
    expect(problemsOf(name, cookie)).toEqual([])
  })
})

function problemsOf(name: string, cookie: object): string[] {
  const problems: string[] = []
  checkCookie(name, cookie, problem => problems.push(problem))
  return problems
}
