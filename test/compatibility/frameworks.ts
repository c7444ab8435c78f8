import type { ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { Listener } from './site.ts'
import type { Middleware, Next, SessionRequest } from './subject.ts'

/** An answer of Express, as far as the suite uses it. */
export interface ExpressResponse extends ServerResponse {
  send(body: unknown): this
  json(body: unknown): this
  redirect(url: string): this
  status(code: number): this
  cookie(name: string, value: string): this
}

export type Handler = (request: SessionRequest, response: ExpressResponse, next: Next) => unknown
/** What an application does about an error. Connect and Express tell it by its four parameters. */
export type ErrorHandler = (
  ...asked: [error: Error, request: SessionRequest, response: ExpressResponse, next: Next]
) => unknown

/** What Connect and every Express have in common. */
export interface Application extends Listener {
  use(handler: Handler): this
  use(handler: ErrorHandler): this
  use(handler: Middleware): this
  use(path: string, handler: Handler): this
  use(path: string, handler: Middleware): this
}

/** What an Express has besides. */
export interface ExpressApplication extends Application {
  get(path: string, handler: Handler): this
  set(name: string, value: unknown): this
}

// Loaded by `require`, as the applications that are moved over do; their own types differ from version to version.
const load = createRequire(import.meta.url)
const makeExpress4: () => ExpressApplication = load('express4')
const makeExpress5: () => ExpressApplication = load('express')

/** Makes an application of Connect. */
export const connect: () => Application = load('connect')

/** Makes the middleware of cookie-parser. */
export const cookieParser: (secret?: string) => Middleware = load('cookie-parser')

/** Both versions of Express, by name. */
export const expresses: [string, () => ExpressApplication][] = [
  ['Express 4', makeExpress4],
  ['Express 5', makeExpress5],
]

/** All that calls a middleware with three parameters, by name. */
export const frameworks: [string, () => Application][] = [['Connect', connect], ...expresses]

/** Makes an error handler of a function that needs only the error, the answer and the way on. */
export function onError(tell: (error: Error, response: ExpressResponse, next: Next) => void): ErrorHandler {
  return (error, _request, response, next) => tell(error, response, next)
}
