import type { MaybePromise } from '../record/store.ts'
import { SojournError } from '../report/errors.ts'
import type { Session } from '../session/session.ts'
import type { Connection } from '../visit/connection.ts'
import type { Visit } from '../visit/visit.ts'

/** A request as a guard sees it, the same for all frameworks. */
export interface GuardedRequest extends Connection {
  readonly method: unknown
  /** The parsed body, if a body parser has run. */
  readonly body?: unknown
  /** The visit of the request. A guard that needs no session never reads it. */
  readonly visit: GuardedVisit
  /** The manager of the visit. */
  readonly sessions: { isFormTokenOf(session: Session, token: unknown): boolean }
}

/** The parts of a visit that guards use. */
export type GuardedVisit = Pick<Visit, 'hold' | 'markPassive'> & { readonly session: Session | undefined }

/** Decides about a request: returns a refusal, or undefined to let the request pass. */
export type Guard = (request: GuardedRequest) => MaybePromise<Refusal | undefined>

/** The response to a refused request. */
export interface Refusal {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** If set, a framework with an error handler passes it this error, and does not send the response above. */
  readonly error?: SojournError
}

// A cached refusal would hide the page from the visitor after the sign-in.
const uncached = { 'Cache-Control': 'no-store' }
const text = { ...uncached, 'Content-Type': 'text/plain; charset=utf-8' }

/** Sends the visitor to another page. */
export function redirectTo(address: string): Refusal {
  return { status: 303, headers: { ...uncached, Location: address }, body: '' }
}

/** Asks the visitor to sign in. */
export function signInFirst(): Refusal {
  return { status: 401, headers: { ...text, 'WWW-Authenticate': 'Session' }, body: 'Sign in first.\n' }
}

/** Refuses a request because of an error. The body does not show the error, which is not meant for visitors. */
export function refusalFor(error: SojournError): Refusal {
  return { status: error.status ?? 500, headers: text, body: 'This request was refused.\n', error }
}

/**
 * The visit of a request.
 *
 * @throws SojournError `OPTION_INVALID` for a request without one.
 */
export function visitOf({ visit }: Partial<GuardedRequest>): GuardedVisit {
  if (visit !== undefined) return visit
  throw new SojournError(
    'OPTION_INVALID',
    'Expected a guard to be called with a request that has its `visit`, got one without. Hand in `{ ...connection, method, visit, sessions }`.',
  )
}
