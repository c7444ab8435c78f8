import { bodyHeaders, withSessionCookie } from '../../core/cookies/answer-head.ts'
import { warnShared } from '../../core/report/warnings.ts'
import type { NodeResponse } from './messages.ts'

/** The arguments of one call of `writeHead`, in any of its forms. */
export type HeadArguments = readonly unknown[]

type Header = readonly [name: string, value: unknown]
type Added = readonly [name: string, value: string | readonly string[]]

/**
 * Adds the session's cookie to a head that is about to leave, beside whatever the application has put there.
 * Answers the arguments to write it with, in the form that the application chose: older software reads only some
 * of them. Doing so again, after somebody else has had a hand in it, is safe.
 */
export function addCookie(response: NodeResponse, head: HeadArguments, setCookie: string): HeadArguments {
  const given = headersIn(head)
  const before = response.getHeader?.('set-cookie')
  if (given.length === 0 && listOf(before).at(-1) === setCookie) return head
  const added = headersBeside(response, given, setCookie)
  if (belongsIntoHead(response, head))
    return head.map(argument => (isHeaders(argument) ? withHeaders(argument, added) : argument))
  for (const [name, value] of added) response.setHeader?.(name, value)
  return head
}

function headersBeside(
  response: NodeResponse,
  given: readonly Header[],
  setCookie: string,
): readonly Added[] {
  const inHead = given.find(isCacheControl)?.[1]
  const chosen = inHead ?? response.getHeader?.('cache-control')
  const cacheControl = chosen === undefined ? undefined : String(chosen)
  const cookies = cookiesBefore(given, response.getHeader?.('set-cookie'))
  const answer = withSessionCookie({ cookies, cacheControl }, setCookie)
  const caching = answer.isShared ? unshared(response, answer.cacheControl, inHead) : answer.cacheControl
  const cookie: Added = ['Set-Cookie', answer.cookies]
  return caching === cacheControl ? [cookie] : [['Cache-Control', caching], cookie]
}

/** The cookies that leave beside ours. Headers handed to `writeHead` replace those set before. */
function cookiesBefore(given: readonly Header[], before: unknown): readonly string[] {
  const inHead = given.length === 0 ? [] : given.filter(isSetCookie)
  return inHead.length === 0 ? listOf(before) : inHead.flatMap(([, value]) => listOf(value))
}

/** The application's choice stands, and is warned of. A file is called public by the framework, and not by the application. */
function unshared(response: NodeResponse, caching: string, inHead: unknown): string {
  if (inHead === undefined && isOfFile(response, caching))
    return caching === 'public, max-age=0' ? 'no-store' : caching.replace('public', 'private')
  warnShared()
  return caching
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
function withHeaders(headers: object, added: readonly Added[]): object {
  const others = headersIn([headers]).filter(header => !isSetCookie(header))
  const all: readonly Header[] = [...others, ...added]
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
