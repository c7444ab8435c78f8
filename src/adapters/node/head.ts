import { warnShared } from '../../core/report/warnings.ts'
import type { NodeResponse } from './messages.ts'

/** The arguments of one call of `writeHead`, in any of its forms. */
export type HeadArguments = readonly unknown[]

type Header = readonly [name: string, value: unknown]

/**
 * Adds the session's cookie to a head that is about to leave, beside whatever the application has put there.
 * Answers the arguments to write it with, in the form that the application chose: older software reads only some
 * of them. Doing so again, after somebody else has had a hand in it, is safe.
 */
export function addCookie(response: NodeResponse, head: HeadArguments, setCookie: string): HeadArguments {
  const given = headersIn(head)
  const before = response.getHeader?.('set-cookie')
  if (given.length === 0 && listOf(before).at(-1) === setCookie) return head
  const caching = cachingFor(response, given)
  const cookies = withCookie(cookiesBefore(given, before), setCookie)
  if (belongsIntoHead(response, head)) {
    const added: readonly Header[] = [...caching, ['Set-Cookie', cookies]]
    return head.map(argument => (isHeaders(argument) ? withHeaders(argument, added) : argument))
  }
  for (const [name, value] of caching) response.setHeader?.(name, value)
  response.setHeader?.('Set-Cookie', cookies)
  return head
}

/** The cookies that leave beside ours. Headers handed to `writeHead` replace those set before. */
function cookiesBefore(given: readonly Header[], before: unknown): readonly string[] {
  const inHead = given.length === 0 ? [] : given.filter(isSetCookie)
  return inHead.length === 0 ? listOf(before) : inHead.flatMap(([, value]) => listOf(value))
}

/** `no-store` where nobody has chosen otherwise. The application's choice stands, and is warned of. */
function cachingFor(
  response: NodeResponse,
  given: readonly Header[],
): readonly (readonly [name: string, value: string])[] {
  const inHead = given.find(isCacheControl)?.[1]
  const chosen = inHead ?? response.getHeader?.('cache-control')
  if (chosen === undefined) return [['Cache-Control', 'no-store']]
  const text = String(chosen)
  if (!/\b(?:public|s-maxage)\b/i.test(text)) return []
  if (inHead === undefined && isOfFile(response, text)) {
    return [['Cache-Control', text === 'public, max-age=0' ? 'no-store' : text.replace('public', 'private')]]
  }
  warnShared()
  return []
}

/**
 * Whether `express.static` or `sendFile` has called a file public by itself. Both set the header right behind
 * `Accept-Ranges`; an application that chooses for itself does so before.
 */
function isOfFile(response: NodeResponse, caching: string): boolean {
  const names = response.getHeaderNames?.() ?? []
  const isLatest = names[names.indexOf('cache-control') - 1] === 'accept-ranges'
  return isLatest && /^public, max-age=\d+(?:, immutable)?$/.test(caching)
}

/** The headers of a head as pairs, whether they came as an object, as a flat list or as a list of pairs. */
export function headersIn(head: HeadArguments): readonly Header[] {
  const headers = head.find(isHeaders)
  if (headers === undefined) return []
  if (!Array.isArray(headers)) return Object.entries(headers)
  if (Array.isArray(headers[0])) return headers.map(([name, value]) => [String(name), value] as const)
  return headers.flatMap((name, index) =>
    index % 2 === 0 ? [[String(name), headers[index + 1]] as const] : [],
  )
}

function isHeaders(argument: unknown): argument is object {
  return typeof argument === 'object' && argument !== null
}

/**
 * Whether a cookie set beside the head would be lost, or would cost the head something: Node keeps headers of one
 * name apart in a list only as long as no header was set before.
 */
function belongsIntoHead(response: NodeResponse, head: HeadArguments): boolean {
  if (headersIn(head).some(isSetCookie)) return true
  return head.some(Array.isArray) && response.getHeaderNames?.().length === 0
}

/** The headers in their own form, with some that take the place of those of the same name. */
function withHeaders(headers: object, added: readonly Header[]): object {
  const others = headersIn([headers]).filter(header => !isSetCookie(header))
  const all = [...others, ...added]
  if (!Array.isArray(headers)) return Object.fromEntries(all)
  return Array.isArray(headers[0]) ? all : all.flat()
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
  if (response.headersSent || !response.hasHeader) return
  // Node sends no length of its own once one was removed, even where there was none.
  for (const name of bodyHeaders) if (response.hasHeader(name)) response.removeHeader(name)
  // Where it was not assigned, it is not there to be deleted: over HTTP/2 looking at it is a warning.
  Reflect.deleteProperty(response, 'statusMessage')
}
