import { describe, expect, test } from 'vitest'
import { cookieNamed } from './client.ts'
import {
  countViews,
  type Listener,
  type Site,
  sayNothing,
  secureSiteOf,
  sessions,
  siteOf,
  withErrorHandler,
} from './site.ts'
import type { Middleware, Options } from './subject.ts'

/** What the connection is: plain, TLS, or plain while an application has said what it believes. */
type Connection = 'plain' | 'tls' | 'said secure' | 'said insecure'

const claims: Partial<Record<Connection, boolean>> = { 'said secure': true, 'said insecure': false }

function on(connection: Connection, own: Options): Promise<Site> {
  const listener: Listener = withErrorHandler(claiming(sessions(own), claims[connection]), sayNothing)
  return connection === 'tls' ? secureSiteOf(listener) : siteOf(listener)
}

function claiming(middleware: Middleware, secure: boolean | undefined): Middleware {
  if (secure === undefined) return middleware
  return (request, response, next) => middleware(Object.assign(request, { secure }), response, next)
}

/** The rows: connection, `proxy`, `X-Forwarded-Proto`, and whether the connection counts as secure. */
const rows: [Connection, boolean | undefined, string | undefined, boolean][] = [
  ['plain', undefined, undefined, false],
  ['plain', undefined, 'https', false],
  ['said secure', undefined, undefined, true],
  ['said secure', undefined, 'http', true],
  ['said insecure', undefined, 'https', false],
  ['tls', undefined, undefined, true],
  ['tls', undefined, 'http', true],
  ['plain', false, undefined, false],
  ['plain', false, 'https', false],
  ['said secure', false, undefined, false],
  ['said secure', false, 'https', false],
  ['tls', false, undefined, true],
  ['plain', true, undefined, false],
  ['plain', true, '', false],
  ['plain', true, 'http', false],
  ['plain', true, 'https', true],
  ['plain', true, 'HTTPS', true],
  ['plain', true, ' https ', true],
  ['plain', true, 'https,http', true],
  ['plain', true, 'https , http', true],
  ['plain', true, 'http,https', false],
  ['plain', true, 'httpss', false],
  ['said secure', true, undefined, false],
  ['said secure', true, 'http', false],
  ['tls', true, 'http', true],
  ['tls', true, undefined, true],
]

describe.each(rows)(
  'a %s connection, proxy %s, X-Forwarded-Proto %j',
  (...[connection, proxy, forwarded, isSecure]) => {
    const asked = forwarded === undefined ? {} : { headers: { 'X-Forwarded-Proto': forwarded } }

    async function cookieWith(cookie: Options) {
      const { get } = await on(connection, { proxy, cookie })
      return cookieNamed(await get('/', asked))
    }

    test(`${isSecure ? 'sends' : 'withholds'} a secure cookie`, async () => {
      expect((await cookieWith({ secure: true }))?.attributes.secure).toBe(isSecure ? true : undefined)
      expect((await cookieWith({ secure: true })) !== undefined).toBe(isSecure)
    })

    test(`sends a cookie with secure auto ${isSecure ? 'as secure' : 'as not secure'}`, async () => {
      const cookie = await cookieWith({ secure: 'auto' })
      expect(cookie?.attributes.path).toBe('/')
      expect(cookie?.attributes.secure).toBe(isSecure ? true : undefined)
    })

    test(`sends a cookie with sameSite auto as ${isSecure ? 'None' : 'Lax'}`, async () => {
      const cookie = await cookieWith({ sameSite: 'auto', secure: 'auto' })
      expect(cookie?.attributes.samesite).toBe(isSecure ? 'None' : 'Lax')
    })

    test('sends a cookie that is not secure in any case', async () => {
      const cookie = await cookieWith({ secure: false })
      expect(cookie).toBeDefined()
      expect(cookie?.attributes).not.toHaveProperty('secure')
    })
  },
)

describe('sameSite auto with secure false', () => {
  test('is None without Secure over TLS', async () => {
    const { get } = await on('tls', { cookie: { sameSite: 'auto', secure: false } })
    const { attributes } = cookieNamed(await get())!
    expect(attributes.samesite).toBe('None')
    expect(attributes).not.toHaveProperty('secure')
  })

  test('is Lax on a plain connection', async () => {
    const { get } = await on('plain', { cookie: { sameSite: 'auto', secure: false } })
    expect(cookieNamed(await get())?.attributes.samesite).toBe('Lax')
  })
})

describe('over TLS', () => {
  test('a session comes back', async () => {
    const { get } = await secureSiteOf(withErrorHandler(sessions({ cookie: { secure: true } }), countViews))
    const first = await get()
    expect((await get('/', { cookie: first })).text).toBe('2')
  })
})

describe('a secure cookie on a plain connection', () => {
  test('is withheld, and the session is stored all the same', async () => {
    const seen: unknown[] = []
    const { get } = await siteOf(
      withErrorHandler(sessions({ cookie: { secure: true } }), (request, response) => {
        request.session.save(error => response.end(String(seen.push(error ?? null))))
      }),
    )
    const answer = await get()
    expect([answer.text, answer.cookies, seen]).toEqual(['1', [], [null]])
  })
})
