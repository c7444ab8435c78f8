import { bodyHeaders, withSessionCookie } from '../../core/cookies/answer-head.ts'
import { warnShared } from '../../core/report/warnings.ts'
import type { NodeRequest, NodeResponse } from './messages.ts'

/** The arguments of one call of `writeHead`, in any of its forms. */
export type HeadArguments = readonly unknown[]

type Header = readonly [name: string, value: unknown]
type Added = readonly [name: string, value: string | readonly string[]]

/**
 * Adds the session's cookie to a head that is about to leave, and keeps the application's own cookies. Returns the
 * arguments for `writeHead` in the form that the application chose, because older software reads only some forms.
 * A second call is safe, even if a patch has changed the head in between.
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

/** The cookies that are sent with ours. Headers passed to `writeHead` replace those set before. */
function cookiesBefore(given: readonly Header[], before: unknown): readonly string[] {
  const inHead = given.length === 0 ? [] : given.filter(isSetCookie)
  return inHead.length === 0 ? listOf(before) : inHead.flatMap(([, value]) => listOf(value))
}

/** Keeps the application's `Cache-Control`, and warns. If the framework made a file public, this makes it private. */
function unshared(response: NodeResponse, caching: string, inHead: unknown): string {
  if (inHead === undefined && isOfFile(response, caching))
    return caching === 'public, max-age=0' ? 'no-store' : caching.replace('public', 'private')
  warnShared()
  return caching
}

/**
 * Whether `express.static` or `sendFile` has made a file public, and not the application. Both set the header right
 * after `Accept-Ranges`; an application sets its own header before.
 */
function isOfFile(response: NodeResponse, caching: string): boolean {
  const names = response.getHeaderNames?.() ?? []
  const isLatest = names[names.indexOf('cache-control') - 1] === 'accept-ranges'
  return isLatest && /^public, max-age=\d+(?:, immutable)?$/.test(caching)
}

/** The headers of a head as pairs, from an object, a flat list or a list of pairs. */
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
 * Whether the cookie must go into the arguments of `writeHead`: a `Set-Cookie` among them would replace one that is
 * set on the response, and Node keeps repeated names of a list apart only while no header is set on the response.
 */
function belongsIntoHead(response: NodeResponse, head: HeadArguments): boolean {
  if (headersIn(head).some(isSetCookie)) return true
  return head.some(Array.isArray) && response.getHeaderNames?.().length === 0
}

/** Returns the headers in the form that they came in, without their cookies, and with the added ones. */
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
 * Removes the headers that describe the body, so that an error handler can send another one: an old
 * `Content-Length` would cut it short, and an old `Content-Type` would be wrong. All other headers stay, as they do
 * when a route throws.
 */
export function forgetBody(response: NodeResponse): void {
  if (response.headersSent || !response.hasHeader) return
  // Only headers that exist: after `removeHeader`, Node no longer adds a length by itself, even if there was none.
  for (const name of bodyHeaders) if (response.hasHeader(name)) response.removeHeader(name)
  // Deleted and not read first: over HTTP/2, Node warns when `statusMessage` is read.
  Reflect.deleteProperty(response, 'statusMessage')
}

/** Whether a response has no body: the visitor has all of it when the head arrives. */
export function hasNoBody(response: NodeResponse, { method }: NodeRequest): boolean {
  const { statusCode } = response
  if (method === 'HEAD' || statusCode === 204 || statusCode === 304) return true
  return String(response.getHeader?.('content-length')) === '0'
}
