import type { SentCookie } from '../core/cookies/answer-head.ts'
import { describeValue, SojournError } from '../core/report/errors.ts'
import { actionsOf, type Session } from '../core/session/session.ts'
import type { SessionData } from '../core/session/session-data.ts'
import type { Sessions } from '../core/sessions.ts'
import { systemClock } from '../core/time/clock.ts'
import type { Carrier } from '../core/visit/carrier.ts'

/** The contents of the prepared session. It needs a subject or some data. */
export interface SessionCookieOptions<Data extends object = SessionData> {
  /** Signs this subject in, as `req.session.signIn` does. @default the session is anonymous */
  readonly subject?: string | number | undefined
  /** The data of the session. @default {} */
  readonly data?: Partial<Omit<Data, 'cookie'>> | undefined
  /**
   * The visitor's request as the sign-in sees it: a `userAgent`, an `address`, the `request` to pass to a `cookie`
   * function, the `secret` of a cookie parser. @default a secure request without any of these
   */
  readonly carrier?: Partial<Carrier> | undefined
}

/** The cookie of a session that a test has prepared. */
export interface SessionCookie {
  readonly name: string
  /** The value as a browser holds it, percent-encoded and signed. */
  readonly value: string
  /** The `Cookie` header of a request: `name=value`. */
  readonly header: string
  /** The whole `Set-Cookie` header, as the server would have sent it. */
  readonly setCookie: string
  /** The cookie in Playwright's form, for a browser that visits this URL. */
  forBrowser(url: string | URL): BrowserCookie
}

/** A cookie for Playwright's `addCookies`. */
export interface BrowserCookie {
  readonly name: string
  readonly value: string
  readonly domain: string
  readonly path: string
  /** When it expires, in seconds since 1970; -1 for a cookie that ends with the browser. */
  readonly expires: number
  readonly httpOnly: boolean
  readonly secure: boolean
  readonly sameSite?: 'Strict' | 'Lax' | 'None'
}

/**
 * Stores a session, and makes the cookie that the server would have sent for it.
 *
 * @throws SojournError `OPTION_INVALID` for an empty session, because the server sends no cookie for one. Also whatever a
 * sign-in or a save throws.
 *
 * @example
 * const cookie = await sessionCookie(sessions, { subject: 'ada', data: { cart: ['tea'] } })
 * await request(app).get('/account').set('Cookie', cookie.header)
 */
export function sessionCookie<Data extends object = SessionData>(
  sessions: Sessions<Data>,
  options: SessionCookieOptions<Data>,
): Promise<SessionCookie>
export async function sessionCookie(
  sessions: Sessions<object>,
  options: SessionCookieOptions<object>,
): Promise<SessionCookie> {
  check(sessions, options)
  const visit = sessions.visit({ cookieHeader: undefined, isSecure: true, request: {}, ...options.carrier })
  await visit.open()
  if (options.subject !== undefined) await visit.session?.signIn(options.subject)
  Object.assign(visit.session ?? {}, options.data)
  await visit.commit()
  const { setCookie, cookie } = visit
  if (setCookie === undefined || cookie === undefined) throw unsentError(visit.session)
  const [header = ''] = setCookie.split(';', 1)
  const { name, attributes } = cookie
  const value = header.slice(name.length + 1)
  const forBrowser = (url: string | URL): BrowserCookie => ({
    ...{ name, value },
    ...inBrowser(new URL(url), attributes),
  })
  return { name, value, header, setCookie, forBrowser }
}

function check(sessions: unknown, options: unknown): void {
  if (typeof Reflect.get(Object(sessions), 'visit') !== 'function')
    throw wrong('the manager to be `session(…).sessions` or what `createSessions` answers', sessions)
  if (!isRecord(options)) throw wrong('options such as `{ subject: user.id }`', options)
  const { data } = options
  if (data !== undefined && !isRecord(data)) throw wrong('`data` to be an object', data)
}

function isRecord(value: unknown): value is { readonly data?: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function wrong(expected: string, value: unknown): SojournError {
  return new SojournError('OPTION_INVALID', `Expected ${expected}, got ${describeValue(value)}.`)
}

function unsentError(session: Session | undefined): SojournError {
  const isEmpty = session === undefined || !actionsOf(session).isStored
  return new SojournError(
    'OPTION_INVALID',
    isEmpty
      ? 'Expected a `subject` or some `data`, because an empty session is not stored and has no cookie.'
      : 'Expected a request that the cookie may be sent to, got an insecure one for a cookie with `secure`. Leave `isSecure: false` out of the `carrier`.',
  )
}

function inBrowser(
  { hostname }: URL,
  attributes: SentCookie['attributes'],
): Omit<BrowserCookie, 'name' | 'value'> {
  const { domain, path = '/', maxAge, httpOnly = false, secure = false, sameSite } = attributes
  return {
    // With a dot the browser sends the cookie to subdomains, too.
    domain: domain === undefined ? hostname : `.${domain.replace(/^\./, '')}`,
    path,
    expires: maxAge === undefined ? -1 : Math.floor(systemClock.now() / 1000) + maxAge,
    httpOnly,
    secure,
    ...(typeof sameSite === 'string' && { sameSite: sameSites[sameSite] }),
  }
}

const sameSites = { strict: 'Strict', lax: 'Lax', none: 'None' } as const
