import { describe, expect, test } from 'vitest'
import type { NodeRequest } from '../../../src/adapters/node/messages.ts'
import { coversPath } from '../../../src/adapters/node/request-path.ts'

/** @see RFC 6265 section 5.1.4 */
describe('a cookie with a path', () => {
  test.each([
    ['/', '/'],
    ['/', '/anything'],
    ['/admin', '/admin'],
    ['/admin', '/admin/'],
    ['/admin', '/admin/users'],
    ['/admin', '/admin?page=2'],
    ['/admin', '/admin#top'],
    ['/admin/', '/admin/'],
    ['/admin/', '/admin/users'],
    ['/admin', 'http://shop.example/admin'],
    ['/admin', 'https://shop.example:8443/admin/users?page=2'],
  ])('%s covers a request to %s', (path, target) => {
    expect(coversPath(path, requestTo(target))).toBe(true)
  })

  test.each([
    ['/admin', '/'],
    ['/admin', '/administrator'],
    ['/admin', '/Admin'],
    ['/admin', '/other/admin'],
    ['/admin', '/?next=/admin'],
    ['/admin/', '/admin'],
    ['/admin', ''],
    ['/admin', '*'],
    ['/', '*'],
    ['/admin', 'http://shop.example'],
    ['/admin', 'http://shop.example?/admin'],
    ['/admin', '//admin'],
  ])('%s does not cover a request to %s', (path, target) => {
    expect(coversPath(path, requestTo(target))).toBe(false)
  })

  test('is compared with the path that the browser asked for, wherever the middleware is mounted', () => {
    const request = { url: '/users', originalUrl: '/admin/users' } as NodeRequest
    expect(coversPath('/admin', request)).toBe(true)
    expect(coversPath('/users', request)).toBe(false)
  })

  test('does not cover a request without a path', () => {
    expect(coversPath('/admin', {} as NodeRequest)).toBe(false)
    expect(coversPath('/', {} as NodeRequest)).toBe(true)
  })
})

function requestTo(url: string): NodeRequest {
  return { url } as NodeRequest
}
