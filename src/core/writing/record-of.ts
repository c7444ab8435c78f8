import type { Engine } from '../engine/engine.ts'
import type { Activity, MaybePromise, SessionRecord } from '../record/store.ts'
import type { LiveSession } from '../session/live-session.ts'
import type { Holding } from './hold.ts'

/** One change of a stored session: what is to be written, and what is to be done when somebody was quicker. */
export interface Change {
  readonly encoded: string
  /** The id that the session has from now on, where that is another one. */
  readonly nextId?: string
  /** Set where the others of the process wait already. */
  readonly hasTurn?: boolean
  /** Takes the change out of the values again, before they are merged onto newer ones. */
  undo?(): void
  /** Makes the change anew, upon the newer values. */
  again(): MaybePromise<Change>
}

/** What a writer needs to know of the request that it writes for. */
export interface WritingRequest {
  readonly engine: Engine
  readonly request: unknown
  /** Whether the request is no sign of life, and so prolongs nothing. */
  readonly isPassive: boolean
  /** From where the request came, as text. */
  readonly device: string | undefined
  /** Set once the request has asked to have its session for itself. */
  readonly holding: Holding | undefined
  /** Whether this is the session whose cookie the visitor has brought. */
  hasBrought(live: LiveSession): boolean
}

/** Makes the record that takes the place of the one that a live session has. */
export function recordOf(
  request: WritingRequest,
  live: LiveSession,
  { encoded, nextId }: Pick<Change, 'encoded' | 'nextId'>,
): SessionRecord<unknown> {
  const { engine } = request
  const { record: held, facts } = live
  const createdAt = facts.createdAt ?? engine.now()
  const { touchedAt, expiresAt, device } = activityOf(request, live)
  const record = {
    key: held?.key ?? engine.keyOf(live.id),
    version: (held?.version ?? 0) + 1,
    createdAt,
    touchedAt,
    expiresAt,
    device,
    subject: facts.subject,
    authenticatedAt: facts.authenticatedAt,
    epoch: facts.epoch,
    rotation: rotationOf(request, live, nextId),
    data: undefined as unknown,
  }
  // Last, because sealed data is bound to what stands beside it.
  record.data = engine.keepsSessions
    ? live.snapshot()
    : engine.encoding.write(encoded, nextId ?? live.id, record)
  return record
}

function activityOf(request: WritingRequest, live: LiveSession): Activity {
  const { engine } = request
  const { record: held, facts } = live
  if (request.isPassive && held !== undefined && !live.hasNewLifetime) return held
  const now = engine.now()
  const span = held ?? { createdAt: facts.createdAt ?? now }
  const { touchedAt, expiresAt } = engine.timeouts.activity(now, span, live.maxAge)
  const device = facts.subject === undefined ? undefined : (request.device ?? facts.device)
  return { touchedAt, expiresAt, device }
}

function rotationOf(
  request: WritingRequest,
  live: LiveSession,
  nextId: string | undefined,
): string | undefined {
  const { rotation } = request.engine
  const now = request.engine.now()
  const { rotation: before } = live.facts
  const noted = request.hasBrought(live) ? rotation.beginGrace(before, now) : before
  return nextId === undefined ? noted : rotation.note(noted, { from: live.id, to: nextId }, now)
}
