import { Cookie } from '../core/cookies/cookie.ts'
import { restoreLifetime } from '../core/data/session-values.ts'
import { SojournError } from '../core/report/errors.ts'
import { actionsOf, Session as LiveSession, type SessionActions, visitKey } from '../core/session/session.ts'
import { DetachedSession, isDetached } from './detached-session.ts'
import type { SessionRequest } from './session-request.ts'

export type { SessionRequest } from './session-request.ts'

/**
 * Makes a session from stored data, assigns it to the request, and returns it.
 *
 * @throws SojournError `RECORD_CORRUPT` for data without a cookie, which express-session cannot read either.
 */
export function createSession(request: SessionRequest, data: object): LiveSession {
  const host = request[visitKey]
  if (host !== undefined) return host.adopt(data)
  restoreLifetime(new Cookie(), Object(data))
  const session = new DetachedSession(request, data)
  request.session = session
  return session
}

/**
 * The actions of the session that an active request owns; undefined when the application has assigned another id
 * or a session that it made itself. This does not call the session's methods: the application may have replaced them.
 */
export function ownActions({
  [visitKey]: host,
  session,
  sessionID,
}: SessionRequest): SessionActions | undefined {
  if (host === undefined || !(session instanceof LiveSession) || isDetached(session)) return undefined
  const actions = actionsOf(session)
  return actions.id === sessionID ? actions : undefined
}

/** The store's own error. Callers of `req.sessionStore` expect that one, not a `SojournError` around it. */
export function storeErrorOf(error: unknown): unknown {
  return error instanceof SojournError && error.code === 'STORE_FAILED' ? error.cause : error
}

/** The class of `req.session`. Its constructor takes the arguments of express-session's. */
export interface SessionConstructor {
  new (request: SessionRequest, data?: object): LiveSession
  readonly prototype: LiveSession
}

export type Session = LiveSession

// Sessions of requests are made elsewhere, detached ones here: one prototype, so that `instanceof` is true for both.
// `new.target` gives a class that extends this one instances of its own.
export const Session: SessionConstructor = function Session(
  request: SessionRequest,
  data?: object,
): LiveSession {
  return Reflect.construct(DetachedSession, [request, data], new.target ?? Session)
} as unknown as SessionConstructor
Object.defineProperty(Session, 'prototype', { value: LiveSession.prototype, writable: false })

export { Session as default }
