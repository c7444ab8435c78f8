import type { IncomingMessage, ServerResponse } from 'node:http'

/** A request of Node or of a framework built on it, over HTTP/1.1 or over HTTP/2's compatibility API. */
export type NodeRequest = IncomingMessage & {
  readonly originalUrl?: string
  readonly secure?: boolean
  readonly ip?: string | undefined
  readonly secret?: unknown
  readonly cookies?: unknown
  readonly signedCookies?: unknown
  /** True for a request that leaves HTTP, such as for a WebSocket. Its response is only a head. */
  readonly upgrade?: boolean
}

export type NodeResponse = ServerResponse
export type Next = (error?: unknown) => void

/** The arguments of a middleware. */
export interface Messages {
  readonly request: NodeRequest
  readonly response: NodeResponse
  readonly next: Next
}

/** A middleware for `app.use` and for routes. It works without a framework too. */
export type Middleware = (request: IncomingMessage, response: ServerResponse, next: Next) => void

export function isHttp2(request: NodeRequest): boolean {
  return request.httpVersionMajor === 2
}
