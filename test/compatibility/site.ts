import { createHmac } from 'node:crypto'
import http from 'node:http'
import https from 'node:https'
import { onTestFinished } from 'vitest'
import { certificate } from './certificate.ts'
import { type Answer, ask, deferred, type Question } from './client.ts'
import {
  type CallbackStore,
  type MemoryStore,
  type Middleware,
  type Options,
  type SessionRequest,
  subject,
} from './subject.ts'

/** A route: what the application does once the session middleware has let the request through. */
export type Route = (request: SessionRequest, response: http.ServerResponse) => void

/** Anything that Node can call for a request; an Express or Connect application is one. */
export type Listener = (request: http.IncomingMessage, response: http.ServerResponse) => void

/** A server of one test, closed when the test has finished. */
export interface Site {
  readonly server: http.Server | https.Server
  /** What the server reported after an answer had gone out. */
  readonly errors: unknown[]
  get(path?: string, question?: Question): Promise<Answer>
  /** The next such report, or the first one when it has come already. */
  nextError(): Promise<Error>
}

/** The secret of every test that does not name its own. */
export const secret = 'a fence of willow'

/** The options that make both modules behave alike: express-session's defaults, spelt out. */
export function options(own: Options = {}): Options {
  return {
    secret,
    cookie: { maxAge: 60_000 },
    resave: true,
    saveUninitialized: true,
    onCommitFailure: 'send',
    ...own,
  }
}

/** The middleware under test with the suite's options. */
export function sessions(own?: Options): Middleware {
  return subject(options(own))
}

/** A plain Node server: the middleware, then the route, and an error handler as an application has it. */
export function site(own?: Options, route: Route = sayNothing): Promise<Site> {
  return siteOf(withErrorHandler(sessions(own), route))
}

/** The route of tests that are not about the route. */
export function sayNothing(_request: SessionRequest, response: http.ServerResponse): void {
  response.end()
}

/** Counts the visits of one session, and answers with their number. */
export function countViews(request: SessionRequest, response: http.ServerResponse): void {
  request.session.views = Number(request.session.views ?? 0) + 1
  response.end(String(request.session.views))
}

/** Runs a middleware before a route. A failure after the headers is reported by the server, as an 'error'. */
export function withErrorHandler(middleware: Middleware, route: Route): Listener {
  return function listener(this: unknown, request, response) {
    middleware(request, response, error => {
      if (error === undefined || error === null) return route(toSessionRequest(request), response)
      if (hasHead(response)) return report(this, error)
      response.statusCode = statusOf(error)
      response.end(messageOf(error))
    })
  }
}

function report(server: unknown, error: unknown): void {
  if (server instanceof http.Server || server instanceof https.Server) server.emit('error', error)
}

/** Public suites look at the head that Node keeps, not at `headersSent`; so does this one. */
function hasHead(response: http.ServerResponse & { _header?: unknown }): boolean {
  return Boolean(response._header)
}

function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('status' in error)) return 500
  return Number(error.status) || 500
}

/** The words of whatever came as an error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The middleware has been here: the request has what the suite's interface says. */
export function toSessionRequest(request: http.IncomingMessage): SessionRequest {
  return request as SessionRequest
}

/** Serves an application over HTTP. */
export function siteOf(listener: Listener): Promise<Site> {
  return open(http.createServer(listener))
}

/** Serves an application over HTTPS, with a certificate of its own. */
export async function secureSiteOf(listener: Listener): Promise<Site> {
  return open(https.createServer(await certificate(), listener))
}

async function open(server: http.Server | https.Server): Promise<Site> {
  const { promise, resolve } = deferred<void>()
  server.listen(0, '127.0.0.1', () => resolve())
  await promise
  onTestFinished(() => closing(server))
  const errors: unknown[] = []
  server.on('error', error => errors.push(error))
  return {
    server,
    errors,
    get: (path, question) => ask(server, path, question),
    nextError: () => nextError(server, errors),
  }
}

function closing(server: http.Server | https.Server): Promise<void> {
  const { promise, resolve } = deferred<void>()
  server.close(() => resolve())
  server.closeAllConnections()
  return promise
}

function nextError(server: http.Server | https.Server, errors: unknown[]): Promise<Error> {
  const { promise, resolve } = deferred<Error>()
  if (errors[0] instanceof Error) resolve(errors[0])
  else server.once('error', resolve)
  return promise
}

/** How often each verb of a store was called. */
export interface Calls {
  get: number
  set: number
  touch: number
  destroy: number
}

/** Counts a store's calls from now on, by replacing its verbs on the instance as applications do. */
export function countCalls(store: CallbackStore): Calls {
  const calls: Calls = { get: 0, set: 0, touch: 0, destroy: 0 }
  const { get, set, destroy, touch } = store
  store.get = (...asked) => counted('get', () => get.apply(store, asked))
  store.set = (...asked) => counted('set', () => set.apply(store, asked))
  store.destroy = (...asked) => counted('destroy', () => destroy.apply(store, asked))
  if (touch !== undefined) store.touch = (...asked) => counted('touch', () => touch.apply(store, asked))
  return calls

  function counted(verb: keyof Calls, call: () => void): void {
    calls[verb]++
    call()
  }
}

/** A store in memory, made by the module under test. */
export function memory(): MemoryStore {
  return new subject.MemoryStore()
}

/** What a store holds under an id, or nothing. */
export function stored(store: CallbackStore, id: string): Promise<Record<string, unknown> | undefined> {
  const { promise, resolve, reject } = deferred<Record<string, unknown> | undefined>()
  store.get(id, (error, record) => (error ? reject(error) : resolve(record ?? undefined)))
  return promise
}

/** How many sessions a store holds. */
export function lengthOf(store: MemoryStore): Promise<number> {
  const { promise, resolve, reject } = deferred<number>()
  store.length((error, length) => (error ? reject(error) : resolve(length ?? 0)))
  return promise
}

/** The session cookie's value as the contract defines it, computed here on its own. */
export function signedValue(id: string, key: string = secret): string {
  const signature = createHmac('sha256', key).update(id).digest('base64').replace(/=+$/, '')
  return encodeURIComponent(`s:${id}.${signature}`)
}

/** A `Cookie` header that carries an id, signed. */
export function signedCookie(id: string, key: string = secret): string {
  return `connect.sid=${signedValue(id, key)}`
}
