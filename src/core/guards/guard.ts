import type { MaybePromise } from '../record/store.ts'
import { SojournError } from '../report/errors.ts'
import type { Session } from '../session/session.ts'
import type { Connection } from '../visit/connection.ts'
import type { Visit } from '../visit/visit.ts'

/** A request as a guard sees it, whatever the framework. */
export interface GuardedRequest extends Connection {
  readonly method: unknown
  /** What a body parser has left. */
  readonly body?: unknown
  /** The request's dealings with its session. A guard that needs no session never asks for it. */
  readonly visit: GuardedVisit
  /** The manager of the visit. */
  readonly sessions: { isFormTokenOf(session: Session, token: unknown): boolean }
}

/** What guards do with a visit. */
export type GuardedVisit = Pick<Visit, 'hold' | 'markPassive'> & { readonly session: Session | undefined }

/** Decides about a request: answers how to refuse it, or nothing where it may go on. */
export type Guard = (request: GuardedRequest) => MaybePromise<Refusal | undefined>

/** How a request is refused. */
export interface Refusal {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Set where the application's error handler answers, in a framework that has one. */
  readonly error?: SojournError
}

// A page that the visitor may see after signing in must not come out of a cache before.
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

/** Refuses a request because of an error, which says too much for a visitor. */
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
