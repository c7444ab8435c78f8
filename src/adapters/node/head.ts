import { warnShared } from '../../core/warnings.ts'
import type { NodeResponse } from './messages.ts'

/** The arguments of one call of `writeHead`, in any of its forms. */
export type HeadArguments = readonly unknown[]

type Header = readonly [name: string, value: unknown]

/**
 * Adds the session's cookie to a head that is about to leave, beside whatever the application has put there.
 * Answers the arguments to write it with. Doing so again, after somebody else has had a hand in it, is safe.
 */
export function addCookie(response: NodeResponse, head: HeadArguments, setCookie: string): HeadArguments {
  const given = headersIn(head)
  const before = response.getHeader('set-cookie')
  if (given.length === 0 && before === undefined) return addAlone(response, head, setCookie)
  if (given.length === 0 && listOf(before).at(-1) === setCookie) return head
  const ownHeaders = headersToAdd(response, given, setCookie)
  const isGiven = given.some(isSetCookie)
  // Node keeps headers of one name apart in a list only as long as no header was set before.
  if (isGiven || (given.length > 0 && response.getHeaderNames().length === 0)) {
    const others = given.filter(header => !isSetCookie(header))
    return [...head.filter(argument => typeof argument !== 'object'), [...others, ...ownHeaders].flat()]
  }
  for (const [name, value] of ownHeaders) response.setHeader(name, value)
  return head
}

/** The usual case, made cheap: nobody else has set a cookie. */
function addAlone(response: NodeResponse, head: HeadArguments, setCookie: string): HeadArguments {
  const chosen = response.getHeader('cache-control')
  if (chosen === undefined) response.setHeader('Cache-Control', 'no-store')
  else warnOfSharing(chosen)
  response.setHeader('Set-Cookie', setCookie)
  return head
}

/** `Set-Cookie` with every cookie that is to leave, and the caching where nobody has chosen it. */
function headersToAdd(
  response: NodeResponse,
  given: readonly Header[],
  setCookie: string,
): readonly (readonly [name: string, value: string | string[]])[] {
  // Headers handed to `writeHead` replace those set before.
  const cookies = given.some(isSetCookie)
    ? given.filter(isSetCookie).flatMap(([, value]) => listOf(value))
    : listOf(response.getHeader('set-cookie'))
  const added = [['Set-Cookie', withCookie(cookies, setCookie)]] as const
  const chosen = given.find(isCacheControl)?.[1] ?? response.getHeader('cache-control')
  if (chosen === undefined) return [['Cache-Control', 'no-store'], ...added]
  warnOfSharing(chosen)
  return added
}

/** The application's choice stands, and it is told what it means. */
function warnOfSharing(chosen: unknown): void {
  if (/\b(?:public|s-maxage)\b/i.test(String(chosen))) warnShared()
}

/** The headers of a head as pairs, whether they came as an object, as a flat list or as a list of pairs. */
function headersIn(head: HeadArguments): readonly Header[] {
  const headers = head.find(argument => typeof argument === 'object' && argument !== null)
  if (headers === undefined) return []
  if (!Array.isArray(headers)) return Object.entries(headers as object)
  if (Array.isArray(headers[0])) return headers.map(([name, value]) => [String(name), value] as const)
  return headers.flatMap((name, index) =>
    index % 2 === 0 ? [[String(name), headers[index + 1]] as const] : [],
  )
}

function isSetCookie([name]: Header): boolean {
  return name.toLowerCase() === 'set-cookie'
}

function isCacheControl([name]: Header): boolean {
  return name.toLowerCase() === 'cache-control'
}

function listOf(value: unknown): string[] {
  if (value === undefined) return []
  return Array.isArray(value) ? value.map(String) : [String(value)]
}

/** One response never carries two cookies of one name: a second of ours takes the place of the first. */
function withCookie(cookies: readonly string[], setCookie: string): string[] {
  const name = setCookie.slice(0, setCookie.indexOf('=') + 1)
  return [...cookies.filter(cookie => !cookie.startsWith(name)), setCookie]
}

/** Headers that say something about a body, or about where to go in its place. */
const bodyHeaders = [
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

/**
 * Makes a head that has not left ready for another body. What described the first one would cut the second
 * one short, or give it a wrong type. Everything else was said about the answer to this request, whatever
 * the answer is, and stays as it does when a route throws.
 */
export function forgetBody(response: NodeResponse): void {
  if (response.headersSent) return
  // Node sends no length of its own once one was removed, even where there was none.
  for (const name of bodyHeaders) if (response.hasHeader(name)) response.removeHeader(name)
  // Where it was not assigned, it is not there to be deleted: over HTTP/2 looking at it is a warning.
  Reflect.deleteProperty(response, 'statusMessage')
}
