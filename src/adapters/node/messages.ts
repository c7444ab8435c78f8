import type { IncomingMessage, ServerResponse } from 'node:http'
import type { SessionHost, visitKey } from '../../core/session.ts'
import type { SessionData } from '../../core/session-data.ts'
import type { Sessions, TypedVisit } from '../../core/sessions.ts'

/** Whoever stands between the methods of a response and Node's own. */
export interface MethodHost {
  readonly response: NodeResponse
  /** Answers a call of a method that has come this far. */
  receive(name: MethodName, args: readonly unknown[]): unknown
}

/** The methods by which a response leaves. */
export type MethodName = 'end' | 'write' | 'writeHead' | 'flushHeaders'

/** What answers behind a request's `session`, `sessionID` and `sessionStore`. */
export interface RequestHost extends SessionHost {
  id: unknown
  readonly store: unknown
  readonly sessions: Sessions
  readonly visit: TypedVisit<SessionData>
  /** What stands between the methods of the response and Node's own; undefined while nothing does. */
  readonly responseHost: MethodHost | undefined
  /** Answers the session at the first look. Later ones find it on the request, where it may have been deleted. */
  look(): unknown
  /** Gets everything ready for a session that somebody is about to look at, or to replace. */
  prepare(): void
}

/** A request of Node's, or of a framework built on it, over HTTP/1.1 or over HTTP/2's compatibility API. */
export type NodeRequest = IncomingMessage & {
  readonly originalUrl?: string
  readonly secure?: boolean
  readonly ip?: string | undefined
  readonly secret?: unknown
  readonly cookies?: unknown
  readonly signedCookies?: unknown
  session?: unknown
  sessionID?: unknown
  sessionStore?: unknown
  [visitKey]?: RequestHost | undefined
}

export type NodeResponse = ServerResponse
export type Next = (error?: unknown) => void

/** What `app.use` and a route take. It works without a framework too. */
export type Middleware = (request: IncomingMessage, response: ServerResponse, next: Next) => void

export function isHttp2(request: NodeRequest): boolean {
  return request.httpVersionMajor === 2
}
