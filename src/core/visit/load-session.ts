import type { VerifiedId } from '../cookies/cookie-signer.ts'
import type { Engine } from '../engine/engine.ts'
import { chain, type Failure } from '../record/maybe-promise.ts'
import type { MaybePromise } from '../record/store.ts'
import { SojournError } from '../report/errors.ts'
import { publish } from '../report/events.ts'
import { type Finding, findSession, type Outcome } from './find-session.ts'
import { identify } from './identify.ts'
import type { RequestSessions } from './request-sessions.ts'

/** Loads the session that the visitor's cookie names, or begins a new one. Returns the outcome of the search. */
export function loadSession(sessions: RequestSessions): MaybePromise<Outcome> {
  const { engine, carrier } = sessions
  const identity = identify(engine, carrier, engine.signer(carrier.secret))
  sessions.identity = identity
  if (typeof identity !== 'string')
    return chain(findSession(engine, identity), finding => receive(sessions, finding, identity))
  sessions.begin()
  return identity
}

function receive(sessions: RequestSessions, finding: Finding, visitor: VerifiedId): Outcome {
  const { outcome, session } = finding
  if (session !== undefined) sessions.receive(session).isFollowing = session.id !== visitor.id
  else {
    // The response waits for the removal, so that it never reports an end that the store has not seen yet.
    void sessions.inTurn(() => finding.removing)
    // A visitor with an old id after its grace must not be able to end the session of those who have the new id.
    if (outcome !== 'replayed') sessions.missing = visitor
    sessions.begin()
  }
  return outcome
}

/** What a failed load means: an outcome, and an error unless such a visitor is to be a stranger. */
export function failedLoad(
  engine: Engine,
  error: unknown,
): { readonly outcome: Outcome; readonly failure: Failure | undefined } {
  const code = error instanceof SojournError ? error.code : undefined
  const isCorrupt = code === 'RECORD_CORRUPT'
  if (isCorrupt) publish('tampered', () => ({ handle: undefined, reason: 'record' }))
  const isOfStore = isCorrupt || code === 'STORE_FAILED' || code === 'STORE_TIMED_OUT'
  const isForgiven = isOfStore && engine.policy.onLoadFailure !== 'fail'
  const failure = isForgiven ? undefined : { error: engine.reported(error) }
  return { outcome: isCorrupt ? 'tampered' : 'failed', failure }
}
