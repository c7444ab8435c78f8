import { describe, expect, test } from 'vitest'
import { ask, cookieNamed } from './client.ts'
import { type Route, sessions, site, siteOf, withErrorHandler } from './site.ts'

const tellSession: Route = (request, response) => response.end(typeof request.session)

describe('with the cookie path /foo/bar', () => {
  const cookie = { path: '/foo/bar' }

  test.each(['/', '/foo', '/foo/', '/foo/baz', '/bar/foo/bar', '/FOO/BAR', '/?/foo/bar'])(
    'there is no session at %s',
    async path => {
      const { get } = await site({ cookie }, tellSession)
      const answer = await get(path)
      expect([answer.status, answer.text, answer.cookies]).toEqual([200, 'undefined', []])
    },
  )

  test.each(['/foo/bar', '/foo/bar/', '/foo/bar/baz', '/foo/bar?a=/b', '/foo/bar?', '/foo/bar/baz?x#y'])(
    'there is one at %s',
    async path => {
      const { get } = await site({ cookie }, tellSession)
      const answer = await get(path)
      expect(answer.text).toBe('object')
      expect(cookieNamed(answer)?.attributes.path).toBe('/foo/bar')
    },
  )

  test('the whole URL of a request to a proxy is understood', async () => {
    const { get } = await site({ cookie }, tellSession)
    expect((await get('http://example.org/foo/bar')).text).toBe('object')
    expect((await get('http://example.org/other')).text).toBe('undefined')
  })

  test.each([
    ['/baz', '/foo/bar/baz', 'object'],
    ['/', '/foo/bar/', 'object'],
    ['/foo/bar', '/elsewhere/foo/bar', 'undefined'],
  ])('the URL %s of an application that is mounted counts as %s: %s', async (url, originalUrl, kind) => {
    const middleware = sessions({ cookie })
    const { get } = await siteOf(
      withErrorHandler(
        (request, response, next) => middleware(Object.assign(request, { url, originalUrl }), response, next),
        tellSession,
      ),
    )
    expect((await get()).text).toBe(kind)
  })
})

describe('with the cookie path /', () => {
  test.each(['/', '/foo', '/a/b/c', '//', '/%', '/?', '/a?b=c'])('there is a session at %s', async path => {
    const { get } = await site({}, tellSession)
    expect((await get(path)).text).toBe('object')
  })

  test('an empty URL is taken for /', async () => {
    const middleware = sessions()
    const { get } = await siteOf(
      withErrorHandler(
        (request, response, next) => middleware(Object.assign(request, { url: '' }), response, next),
        tellSession,
      ),
    )
    const answer = await get()
    expect(answer.text).toBe('object')
    expect(cookieNamed(answer)).toBeDefined()
  })

  test('the request for the whole server has none, as * is no path', async () => {
    const { server } = await site({}, tellSession)
    expect((await ask(server, '*', { method: 'OPTIONS' })).text).toBe('undefined')
  })
})

test.each([undefined, null, ''])('the cookie path %s means /', async path => {
  const { get } = await site({ cookie: { path } }, tellSession)
  expect((await get('/anywhere')).text).toBe('object')
})
