import { Cookie } from '../core/cookies/cookie.ts'
import { restoreLifetime } from '../core/data/session-values.ts'
import { SojournError } from '../core/report/errors.ts'
import { actionsOf, Session as LiveSession, type SessionActions, visitKey } from '../core/session/session.ts'
import { DetachedSession, isDetached } from './detached-session.ts'
import type { SessionRequest } from './session-request.ts'

export type { SessionRequest } from './session-request.ts'

/**
 * Gives a session made of stored data to a request, and answers it.
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
 * What the session of a request under way acts through; undefined when the application has put another id or
 * a session of its own making in its place. Its methods are not asked, because they may have been replaced.
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

/** What a store has said of a failure, as whoever calls the store itself expects to be told. */
export function storeErrorOf(error: unknown): unknown {
  return error instanceof SojournError && error.code === 'STORE_FAILED' ? error.cause : error
}

/** What `req.session` is an instance of, and what constructs one by hand as express-session's does. */
export interface SessionConstructor {
  new (request: SessionRequest, data?: object): LiveSession
  readonly prototype: LiveSession
}

export type Session = LiveSession

// One prototype for the sessions of requests, which are made elsewhere, and for those made here. A class that
// extends this one gets instances of its own: they are made as `new.target` says.
export const Session: SessionConstructor = function Session(
  request: SessionRequest,
  data?: object,
): LiveSession {
  return Reflect.construct(DetachedSession, [request, data], new.target ?? Session)
} as unknown as SessionConstructor
Object.defineProperty(Session, 'prototype', { value: LiveSession.prototype, writable: false })

export { Session as default }
