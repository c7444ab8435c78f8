import http from 'node:http'
import { connect, type Http2SecureServer, type Http2Server } from 'node:http2'
import https from 'node:https'
import type { AddressInfo } from 'node:net'

/** A `Set-Cookie` line, taken apart. Attribute names are in small letters; a flag has the value `true`. */
export interface ReceivedCookie {
  readonly line: string
  readonly name: string
  readonly value: string
  readonly attributes: Readonly<Record<string, string | true>>
}

/** One answer, whole. */
export interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly text: string
  readonly cookies: readonly ReceivedCookie[]
  /** Milliseconds from the request to the headers and to the end of the body. */
  readonly headersAfterMs: number
  readonly endAfterMs: number
}

/** What to ask. `cookie` takes a header's value, or an answer whose cookies are sent back. */
export interface Question {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly cookie?: string | Answer
  readonly body?: string
}

type Listening = http.Server | https.Server

/** Asks a server on this machine over HTTP, or HTTPS when that is what it speaks. */
export function ask(server: Listening, path = '/', question: Question = {}): Promise<Answer> {
  const { promise, resolve, reject } = deferred<Answer>()
  const startedAt = performance.now()
  const request = open(server, path, question)
  request.on('error', reject)
  request.on('response', response => void collect(response, startedAt).then(resolve, reject))
  request.end(question.body)
  return promise
}

function open(server: Listening, path: string, question: Question): http.ClientRequest {
  const options = {
    host: '127.0.0.1',
    port: portOf(server),
    path,
    method: question.method ?? 'GET',
    headers: { ...question.headers, ...cookieHeader(question.cookie) },
    agent: false as const,
  }
  return server instanceof https.Server
    ? https.request({ ...options, rejectUnauthorized: false })
    : http.request(options)
}

/** What one HTTP/2 stream answers. */
export type Http2Answer = Pick<Answer, 'status' | 'text' | 'cookies'>

/** Asks a server on this machine over HTTP/2 without TLS. */
export async function askHttp2(
  server: Http2Server | Http2SecureServer,
  cookie?: Http2Answer,
): Promise<Http2Answer> {
  const session = connect(`http://127.0.0.1:${portOf(server)}`)
  const { promise, resolve, reject } = deferred<Omit<Http2Answer, 'text'>>()
  const stream = session.request({ ':path': '/', ...(cookie && { cookie: cookiesOf(cookie) }) })
  stream.on('error', reject)
  stream.on('response', headers =>
    resolve({ status: headers[':status'] ?? 0, cookies: (headers['set-cookie'] ?? []).map(parseSetCookie) }),
  )
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  session.close()
  return { ...(await promise), text: Buffer.concat(chunks).toString() }
}

/** The port that a listening server got. */
export function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address()
  if (address === null || typeof address === 'string')
    throw new Error('The server does not listen on a port.')
  return address.port
}

function cookieHeader(cookie: string | Answer | undefined): Record<string, string> {
  if (cookie === undefined) return {}
  return { cookie: typeof cookie === 'string' ? cookie : cookiesOf(cookie) }
}

/** The `Cookie` header with which a browser would come back after this answer. */
export function cookiesOf(answer: Pick<Answer, 'cookies'>): string {
  return answer.cookies.map(cookie => `${cookie.name}=${cookie.value}`).join('; ')
}

async function collect(response: http.IncomingMessage, startedAt: number): Promise<Answer> {
  const headersAfterMs = performance.now() - startedAt
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk)
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: Buffer.concat(chunks).toString(),
    cookies: (response.headers['set-cookie'] ?? []).map(parseSetCookie),
    headersAfterMs,
    endAfterMs: performance.now() - startedAt,
  }
}

/** Takes a `Set-Cookie` line apart, leaving the value as it is on the wire. */
export function parseSetCookie(line: string): ReceivedCookie {
  const [pair = '', ...attributes] = line.split('; ')
  const at = pair.indexOf('=')
  return {
    line,
    name: pair.slice(0, at),
    value: pair.slice(at + 1),
    attributes: Object.fromEntries(attributes.map(attributeEntry)),
  }
}

function attributeEntry(attribute: string): [string, string | true] {
  const at = attribute.indexOf('=')
  if (at === -1) return [attribute.toLowerCase(), true]
  return [attribute.slice(0, at).toLowerCase(), attribute.slice(at + 1)]
}

/** The one cookie of this name, or undefined. Two of them are an error in the answer. */
export function cookieNamed(answer: Answer, name = 'connect.sid'): ReceivedCookie | undefined {
  const found = answer.cookies.filter(cookie => cookie.name === name)
  if (found.length > 1) throw new Error(`The answer sets ${name} ${found.length} times.`)
  return found[0]
}

/** The session id inside a session cookie's value. */
export function idOf(answer: Answer, name = 'connect.sid'): string {
  const value = decodeURIComponent(cookieNamed(answer, name)?.value ?? '')
  return value.slice(2, value.lastIndexOf('.'))
}

/** When the answer's cookie ends, in milliseconds since the epoch; undefined for a browser-session cookie. */
export function expiryOf(answer: Answer, name = 'connect.sid'): number | undefined {
  const expires = cookieNamed(answer, name)?.attributes.expires
  return typeof expires === 'string' ? Date.parse(expires) : undefined
}

/** A promise with its two ends in hand. */
export function deferred<Value>(): {
  promise: Promise<Value>
  resolve: (value: Value) => void
  reject: (reason: unknown) => void
} {
  let resolve: (value: Value) => void = () => {}
  let reject: (reason: unknown) => void = () => {}
  const promise = new Promise<Value>((onValue, onReason) => {
    resolve = onValue
    reject = onReason
  })
  return { promise, resolve, reject }
}
