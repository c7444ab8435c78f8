import type { Engine } from '../engine/engine.ts'
import type { Activity, MaybePromise, SessionRecord } from '../record/store.ts'
import type { LiveSession } from '../session/live-session.ts'
import type { Holding } from './hold.ts'

/** A change of a stored session: what to write, and how to retry on a conflict. */
export interface Change {
  readonly encoded: string
  /** The new id of the session, if the change rotates it. */
  readonly nextId?: string
  /** Set if the caller already has the turn among the requests of this process. */
  readonly hasTurn?: boolean
  /** Removes the change from the values, before they are merged into newer ones. */
  undo?(): void
  /** Makes the change again, on the newer values. */
  again(): MaybePromise<Change>
}

/** The parts of a request that a writer needs. */
export interface WritingRequest {
  readonly engine: Engine
  readonly request: unknown
  /** Whether the request is passive, and so prolongs nothing. */
  readonly isPassive: boolean
  /** The device of the request, as text. */
  readonly device: string | undefined
  /** Set once the request has asked to hold its session. */
  readonly holding: Holding | undefined
  /** Whether the visitor's cookie names this session. */
  hasBrought(live: LiveSession): boolean
}

/** Makes the next record of a live session. */
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
  // Last, because the encryption authenticates the other fields of the record.
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
