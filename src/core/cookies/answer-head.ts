import type { CookieAttributes } from './set-cookie.ts'

/** The parts of a response's head that the session's cookie affects. */
export interface AnswerHead {
  /** The values of all `Set-Cookie` headers. */
  readonly cookies: readonly string[]
  readonly cacheControl: string | undefined
}

/** The head of a response with the session's cookie. */
export interface SessionHead extends AnswerHead {
  readonly cacheControl: string
  /** Whether shared caches may keep the response, with the cookie of one visitor in it: a reason for a warning. */
  readonly isShared: boolean
}

/**
 * Adds the session's cookie to a head, and keeps all other cookies. Sets `no-store`, unless the application has set
 * `Cache-Control`.
 */
export function withSessionCookie({ cookies, cacheControl }: AnswerHead, setCookie: string): SessionHead {
  const name = setCookie.slice(0, setCookie.indexOf('=') + 1)
  const others = cookies.filter(cookie => !cookie.startsWith(name))
  return {
    cookies: [...others, setCookie],
    cacheControl: cacheControl ?? 'no-store',
    isShared: /\b(?:public|s-maxage)\b/i.test(cacheControl ?? ''),
  }
}

/**
 * The headers that describe a body, or redirect. An error response after a failed save must not have those of the
 * original response.
 */
export const bodyHeaders: readonly string[] = [
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-range',
  'content-type',
  'etag',
  'last-modified',
  'location',
  'trailer',
  'transfer-encoding',
]

/** A cookie for a framework that writes the header itself. */
export interface SentCookie {
  readonly name: string
  /** The plain value, not percent-encoded. */
  readonly value: string
  readonly attributes: CookieAttributes & {
    readonly expires?: Date
    /** In seconds, as in the header. */
    readonly maxAge?: number
  }
}

/** Parses a `Set-Cookie` that this library has written. */
export function parseSetCookie(setCookie: string): SentCookie {
  const [pair = '', ...attributes] = setCookie.split('; ')
  const [name, value] = split(pair)
  return {
    name,
    value: decodeURIComponent(value),
    attributes: Object.fromEntries(attributes.map(attributeOf)),
  }
}

function attributeOf(text: string): readonly [name: string, value: unknown] {
  const [label, value] = split(text)
  const name = label.charAt(0).toLowerCase() + label.slice(1)
  if (label === 'Max-Age') return ['maxAge', Number(value)]
  if (label === 'Expires') return [name, new Date(value)]
  if (label === 'Priority' || label === 'SameSite') return [name, value.toLowerCase()]
  return [name, text === label ? true : value]
}

function split(text: string): readonly [name: string, value: string] {
  const [name = ''] = text.split('=', 1)
  return [name, text.slice(name.length + 1)]
}
