import type { VerifiedId } from '../cookies/cookie-signer.ts'
import type { ReadData } from '../data/encoding.ts'
import type { Engine } from '../engine/engine.ts'
import { hasEnded } from '../engine/subjects.ts'
import { chain, isPromised } from '../record/maybe-promise.ts'
import type { LoadedRecord, MaybePromise, SessionRecord } from '../record/store.ts'
import { publish } from '../report/events.ts'
import { adopt, removeRecord } from '../writing/adoption.ts'

/**
 * The result of looking for the session that a visitor's cookie names.
 *
 * - `none`: the request has no cookie of the session's name.
 * - `found`: the session exists.
 * - `missing`: the signature is valid, but the store has no such session.
 * - `expired`: the idle or the absolute timeout is over.
 * - `revoked`: the session has been ended: during this request, together with all sessions of its subject, or earlier by
 *   this process.
 * - `replayed`: the session has another id by now, and the grace of this one is over.
 * - `tampered`: the signature is wrong, or the record cannot be trusted.
 * - `failed`: the store failed, so the result is unknown.
 */
export type Outcome =
  | 'none'
  | 'found'
  | 'missing'
  | 'expired'
  | 'revoked'
  | 'replayed'
  | 'tampered'
  | 'failed'

/** The outcome, and the session if it was found. */
export type Finding =
  | { readonly outcome: 'found'; readonly session: FoundSession }
  | {
      readonly outcome: Exclude<Outcome, 'found'>
      readonly session?: undefined
      /** The removal of a record that is no longer a session. The load does not wait for it. */
      readonly removing?: MaybePromise<void>
    }

/** A live session. */
export interface FoundSession {
  /** Its present id, which differs from the visitor's shortly after a rotation. */
  readonly id: string
  readonly record: SessionRecord<unknown>
  /** Its decoded data; undefined for a store that keeps sessions and no encoded data. */
  readonly reading: ReadData | undefined
}

/** Finds the session of a verified id, and publishes the outcome as an event. */
export function findSession(engine: Engine, visitor: VerifiedId): MaybePromise<Finding> {
  const loading = engine.load(visitor.id, engine.keyOfVisitor(visitor))
  const found = chain(loading, record => record ?? adopt(engine, visitor))
  return chain(found, record => tell(engine, visitor, judge(engine, visitor, record)))
}

function tell(engine: Engine, { id }: VerifiedId, finding: Finding): Finding {
  const { outcome } = finding
  const isSilent = outcome === 'none' || outcome === 'tampered' || outcome === 'failed'
  if (!isSilent) publish(outcome === 'found' ? 'opened' : outcome, () => ({ handle: engine.handleOf(id) }))
  return finding
}

/** Loads a session again, for a request that began with this id: it may be an old id whose grace is over. */
export function rereadSession(engine: Engine, id: string): MaybePromise<FoundSession | undefined> {
  return chain(engine.load(id), record => {
    const now = engine.now()
    if (record === undefined || engine.timeouts.isOver(now, record)) return undefined
    const current = engine.currentIdFor(id, record)
    if (current === undefined || hasEnded(record, record.subjectEpoch)) return undefined
    return readSession(engine, { id: current, record, now }).session
  })
}

/** The present id of a session, for a cookie that cannot wait. A store over a network is not asked. */
export function idByNow(engine: Engine, id: string, { key }: SessionRecord<unknown>): string {
  const found = engine.traits.readsAtOnce === true ? rereadSession(engine, id) : undefined
  if (isPromised(found)) return id
  return found?.id ?? engine.recollection.idOf(key) ?? id
}

/** A record, its present id, and when the store returned it. Later the record may be outdated and look expired. */
interface Answered {
  readonly id: string
  readonly record: SessionRecord<unknown>
  readonly now: number
}

/** Decodes a record. Data that was tampered with is no session. */
function readSession(engine: Engine, { id, record, now }: Answered): Finding {
  if (engine.keepsSessions) return { outcome: 'found', session: { id, record, reading: undefined } }
  const reading = engine.encoding.read(record, id)
  if (reading.refused === undefined) {
    const { originalMaxAge = engine.cookies.commonMaxAge } = reading.contents
    if (engine.timeouts.isOver(now, record, originalMaxAge)) return { outcome: 'expired' }
    if (record.rotation !== undefined) engine.recollection.noteId(record.key, id)
    return { outcome: 'found', session: { id, record, reading } }
  }
  publish('tampered', () => ({ handle: engine.handleOf(id), reason: 'record' }))
  if (reading.refused !== 'tampered') return { outcome: 'tampered' }
  return { outcome: 'tampered', removing: remove(engine, id, record) }
}

function judge(engine: Engine, visitor: VerifiedId, record: LoadedRecord<unknown> | undefined): Finding {
  const now = engine.now()
  if (record === undefined)
    return { outcome: engine.recollection.outcomeOf(engine.keyOfVisitor(visitor), now) }
  if (engine.timeouts.isOver(now, record)) return { outcome: 'expired' }
  const id = engine.keepsSessions ? visitor.id : engine.rotation.currentFor(visitor.id, record.rotation, now)
  // An old id after its grace comes from a thief, or from a very late visitor.
  if (id === undefined && engine.policy.onReplay !== 'end') return { outcome: 'replayed' }
  if (id === undefined) return { outcome: 'replayed', removing: remove(engine, visitor.id, record) }
  if (hasEnded(record, record.subjectEpoch))
    return { outcome: 'revoked', removing: remove(engine, id, record) }
  return readSession(engine, { id, record, now })
}

/** Removes the record of a session that has ended. A failure of the store does not matter here. */
function remove(engine: Engine, id: string, { key }: SessionRecord<unknown>): MaybePromise<void> {
  engine.recollection.noteEnd(key)
  return engine.tidy(manager => removeRecord(manager, id, key))
}
