import type { CookieAttributes } from './set-cookie.ts'

/** What an answer's head says, as far as the session's cookie concerns it. */
export interface AnswerHead {
  /** Each `Set-Cookie` that stands there. */
  readonly cookies: readonly string[]
  readonly cacheControl: string | undefined
}

/** An answer's head with the session's cookie in it. */
export interface SessionHead extends AnswerHead {
  readonly cacheControl: string
  /** Whether caches that many people share may keep the answer, with the cookie of one of them: worth a warning. */
  readonly isShared: boolean
}

/**
 * Adds the session's cookie to a head: once, beside all others, and with `no-store` where the application has not chosen
 * how the answer is cached.
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
 * The headers that say something about a body, or about where to go in its place. An answer whose session could not be
 * stored has none of them.
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
  /** As it is, not percent-encoded. */
  readonly value: string
  readonly attributes: CookieAttributes & {
    readonly expires?: Date
    /** In seconds, as the header says it. */
    readonly maxAge?: number
  }
}

/** Reads a `Set-Cookie` that was written here. */
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
