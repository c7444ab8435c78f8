import { describeValue, SojournError } from '../report/errors.ts'

/** The attributes of a cookie that do not change from one response to the next. */
export interface CookieAttributes {
  readonly domain?: string | undefined
  readonly path?: string | undefined
  readonly httpOnly?: boolean | undefined
  readonly secure?: boolean | undefined
  readonly partitioned?: boolean | undefined
  readonly priority?: 'low' | 'medium' | 'high' | undefined
  readonly sameSite?: boolean | 'lax' | 'strict' | 'none' | undefined
}

/** A `Set-Cookie` without its name, value and lifetime: the text before the lifetime, and the text after it. */
export interface CookieFrame {
  readonly head: string
  readonly tail: string
}

/** A cookie's name, and its percent-encoded value. */
export interface NamedValue {
  readonly name: string
  readonly value: string
}

const domainShape =
  /^\.?[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$/
const pathShape = /^\/[\x20-\x3a\x3c-\x7e]*$/
const longestAttribute = 1024
const longestCookie = 4096
/** Browsers delete every cookie after 400 days, even if its lifetime is longer. */
export const longestLifetimeMs: number = 400 * 86_400_000

const sameSites = [true, 'strict', 'lax', 'none']
const priorities = ['low', 'medium', 'high']

/**
 * Writes the constant attributes. It checks each of them, because in other libraries every one has been a way to inject
 * further attributes.
 *
 * @throws SojournError `COOKIE_INVALID` naming the attribute, what was given and what is accepted.
 * @see RFC 6265bis section 4.1
 */
export function frameCookie(attributes: CookieAttributes): CookieFrame {
  const { domain, path, httpOnly, secure, partitioned, priority, sameSite } = attributes
  return {
    head: attribute('Domain', domain, domainShape) + attribute('Path', path, pathShape),
    tail:
      (httpOnly ? '; HttpOnly' : '') +
      (secure ? '; Secure' : '') +
      (partitioned ? '; Partitioned' : '') +
      choice('Priority', priority, priorities) +
      choice('SameSite', sameSite, sameSites),
  }
}

/**
 * Writes a `Set-Cookie` value. The lifetime is in it twice: `Max-Age` does not depend on the visitor's clock, and old
 * clients know only `Expires`.
 */
export function formatCookie({ name, value }: NamedValue, frame: CookieFrame, lifetime = ''): string {
  const pair = `${name}=${value}`
  if (pair.length > longestCookie) {
    throw new SojournError(
      'COOKIE_INVALID',
      `Expected the cookie to have at most ${longestCookie} characters, got ${pair.length}.`,
    )
  }
  return pair + frame.head + lifetime + frame.tail
}

/**
 * Writes the lifetime of a cookie, counted from `now`.
 *
 * @throws SojournError `COOKIE_INVALID` for an invalid date, with express-session's message.
 */
export function formatLifetime(expires: Date, now: number): string {
  const expiresAt = expires.getTime()
  if (Number.isNaN(expiresAt)) throw new SojournError('COOKIE_INVALID', 'option expires is invalid')
  const spanMs = Math.min(Math.max(expiresAt - now, 0), longestLifetimeMs)
  return `; Max-Age=${Math.floor(spanMs / 1000)}; Expires=${utcText(expires)}`
}

let lastSecond = Number.NaN
let lastText = ''

/** Formats a date. Caches the last text, which most responses of a second share: formatting costs as much as signing. */
function utcText(date: Date): string {
  const second = Math.floor(date.getTime() / 1000)
  if (second !== lastSecond) {
    lastSecond = second
    lastText = date.toUTCString()
  }
  return lastText
}

/** Writes the `Set-Cookie` value that deletes the cookie. */
export function formatDeletion(name: string, frame: CookieFrame): string {
  return `${name}=${frame.head}; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT${frame.tail}`
}

/** Whether a cookie can have this name. `__proto__` is refused: only an attacker would use it. */
export function isCookieName(name: unknown): name is string {
  return typeof name === 'string' && /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/.test(name) && name !== '__proto__'
}

/** The attribute that the prefix of a name requires and that is missing; undefined if none is. */
export function prefixProblem(name: string, attributes: CookieAttributes): string | undefined {
  const prefix = /^__(?:host-http|host|secure|http)-/i.exec(name)?.[0].toLowerCase()
  if (prefix === undefined) return undefined
  if (attributes.secure !== true) return `\`secure: true\` (a name with ${prefix} demands it)`
  if (prefix.includes('http') && attributes.httpOnly !== true)
    return `\`httpOnly: true\` (a name with ${prefix} demands it)`
  if (!prefix.startsWith('__host')) return undefined
  if (attributes.domain !== undefined) return `no \`domain\` (a name with ${prefix} forbids it)`
  return attributes.path === '/' ? undefined : `\`path: '/'\` (a name with ${prefix} demands it)`
}

function attribute(label: string, value: unknown, shape: RegExp): string {
  if (isAbsent(value)) return ''
  if (typeof value === 'string' && value.length <= longestAttribute && shape.test(value))
    return `; ${label}=${value}`
  throw wrong(label, `a valid ${label}`, value)
}

function choice(label: string, value: unknown, choices: readonly unknown[]): string {
  if (isAbsent(value)) return ''
  const chosen = typeof value === 'string' ? value.toLowerCase() : value
  if (!choices.includes(chosen)) throw wrong(label, `one of ${choices.map(describeValue).join(', ')}`, value)
  const word = chosen === true ? 'strict' : String(chosen)
  return `; ${label}=${word.charAt(0).toUpperCase()}${word.slice(1)}`
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === false || value === ''
}

function wrong(label: string, expected: string, value: unknown): SojournError {
  const name = `${label.charAt(0).toLowerCase()}${label.slice(1)}`
  const message = `Expected \`cookie.${name}\` to be ${expected}, got ${describeValue(value)}.`
  return new SojournError('COOKIE_INVALID', message)
}
