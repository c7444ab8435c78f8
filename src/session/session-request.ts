import type { Session, SessionHost, visitKey } from '../core/session/session.ts'
import type { CallbackStore } from '../stores/callback.ts'

/** What a session needs of its request: the request of a server, or a stand-in for one. */
export interface SessionRequest {
  sessionID: string
  sessionStore: SessionVerbs
  session?: unknown
  readonly [visitKey]?: SessionHost | undefined
}

/** What a session by hand needs of its store. */
export interface SessionVerbs extends CallbackStore {
  regenerate(request: SessionRequest, callback: (error?: unknown) => void): void
  createSession(request: SessionRequest, data: object): Session
}
