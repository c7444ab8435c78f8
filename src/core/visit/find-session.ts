import type { VerifiedId } from '../cookies/cookie-signer.ts'
import type { ReadData } from '../data/encoding.ts'
import type { Engine } from '../engine/engine.ts'
import { Subjects } from '../engine/subjects.ts'
import { chain, isPromised } from '../record/maybe-promise.ts'
import type { MaybePromise, SessionRecord } from '../record/store.ts'
import { publish } from '../report/events.ts'
import { adopt, removeRecord } from '../writing/adoption.ts'

/**
 * What became of the session that a visitor's cookie named.
 *
 * - `none`: no cookie of the session's name came.
 * - `found`: the session is there.
 * - `missing`: the signature is right, and the store has no such session.
 * - `expired`: one of the two timeouts is over.
 * - `revoked`: the session was ended: while this request was under way, by whoever ended all sessions of its
 *   subject, or on this process a while ago.
 * - `replayed`: the session goes on under another id, and the grace of this one is over.
 * - `tampered`: no secret has made the signature, or the record is not what was stored.
 * - `failed`: the store did not answer, so nobody knows.
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

/** What became of the session that a visitor's cookie names, and the session if it is there. */
export type Finding =
  | { readonly outcome: 'found'; readonly session: FoundSession }
  | {
      readonly outcome: Exclude<Outcome, 'found'>
      readonly session?: undefined
      /** The removal of a record that is nobody's session any more. A look at the session does not wait for it. */
      readonly removing?: MaybePromise<void>
    }

/** A session that goes on. */
export interface FoundSession {
  /** The id that it has now, which is another one than the visitor's when it was changed a moment ago. */
  readonly id: string
  readonly record: SessionRecord<unknown>
  /** What its data says; undefined for a store that keeps sessions and no data. */
  readonly reading: ReadData | undefined
}

/** Finds the session of an id that was signed here, and tells whoever listens what became of it. */
export function findSession(engine: Engine, visitor: VerifiedId): MaybePromise<Finding> {
  const loading = engine.load(visitor.id, engine.keyOfVisitor(visitor))
  const found = chain(loading, record => record ?? adopt(engine, visitor))
  const finding = chain(found, record => judge(engine, visitor, record))
  return chain(finding, found => tell(engine, visitor, found))
}

function tell(engine: Engine, { id }: VerifiedId, finding: Finding): Finding {
  const { outcome } = finding
  const isSilent = outcome === 'none' || outcome === 'tampered' || outcome === 'failed'
  if (!isSilent) publish(outcome === 'found' ? 'opened' : outcome, () => ({ handle: engine.handleOf(id) }))
  return finding
}

/** Reads a session once more, for whoever was let in already with this id, however long ago it was given up. */
export function rereadSession(engine: Engine, id: string): MaybePromise<FoundSession | undefined> {
  return chain(engine.load(id), record => {
    const now = engine.now()
    if (record === undefined || engine.timeouts.isOver(now, record)) return undefined
    const current = engine.currentIdFor(id, record)
    if (current === undefined) return undefined
    return chain(new Subjects(engine).hasRevoked(record), isRevoked =>
      isRevoked ? undefined : readSession(engine, { id: current, record, now }).session,
    )
  })
}

/** The id that a session has by now, for a cookie that cannot wait: as far as the store or this process says so at once. */
export function idByNow(engine: Engine, id: string, { key }: SessionRecord<unknown>): string {
  const found = engine.traits.readsAtOnce === true ? rereadSession(engine, id) : undefined
  if (isPromised(found)) return id
  return found?.id ?? engine.recollection.idOf(key) ?? id
}

/** A record, the id that leads to it, and when the store has answered it: somebody may have been active since. */
interface Answered {
  readonly id: string
  readonly record: SessionRecord<unknown>
  readonly now: number
}

/** Reads a record for whoever knows the id. Data that was tampered with is nobody's session. */
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

function judge(
  engine: Engine,
  visitor: VerifiedId,
  record: SessionRecord<unknown> | undefined,
): MaybePromise<Finding> {
  const now = engine.now()
  if (record === undefined)
    return { outcome: engine.recollection.outcomeOf(engine.keyOfVisitor(visitor), now) }
  if (engine.timeouts.isOver(now, record)) return { outcome: 'expired' }
  const id = engine.keepsSessions ? visitor.id : engine.rotation.currentFor(visitor.id, record.rotation, now)
  // An id that was given up long ago is used by somebody who should not have it, or by a very late visitor.
  if (id === undefined && engine.policy.onReplay !== 'end') return { outcome: 'replayed' }
  if (id === undefined) return { outcome: 'replayed', removing: remove(engine, visitor.id, record) }
  if (record.subject === undefined) return readSession(engine, { id, record, now })
  return chain(new Subjects(engine).hasRevoked(record), isRevoked =>
    isRevoked
      ? { outcome: 'revoked', removing: remove(engine, id, record) }
      : readSession(engine, { id, record, now }),
  )
}

/** Removes what is over anyway, so that a store that cannot do it now is no reason to fail. */
function remove(engine: Engine, id: string, { key }: SessionRecord<unknown>): MaybePromise<void> {
  engine.recollection.noteEnd(key)
  return engine.tidy(manager => removeRecord(manager, id, key))
}
