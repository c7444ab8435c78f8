import type { Session, SessionHost, visitKey } from '../core/session/session.ts'
import type { CallbackStore } from '../stores/callback.ts'

/** The parts of a request that a session needs. The request may come from a server, or be a plain object. */
export interface SessionRequest {
  sessionID: string
  sessionStore: SessionVerbs
  session?: unknown
  readonly [visitKey]?: SessionHost | undefined
}

/** The methods of a store that a detached session needs. */
export interface SessionVerbs extends CallbackStore {
  regenerate(request: SessionRequest, callback: (error?: unknown) => void): void
  createSession(request: SessionRequest, data: object): Session
}
