import type { VerifiedId } from '../cookies/cookie-signer.ts'
import type { SessionContents } from '../data/codec.ts'
import { decodeAny } from '../data/encoding.ts'
import type { Engine } from '../engine/engine.ts'
import { rootOf } from '../ids/id-rotation.ts'
import type { StoreVerb } from '../record/deadline.ts'
import { chain } from '../record/maybe-promise.ts'
import { anonymous } from '../record/standing.ts'
import type {
  AdoptingStore,
  ForeignSession,
  LoadedRecord,
  MaybePromise,
  SessionRecord,
  StoreCall,
} from '../record/store.ts'
import { publish } from '../report/events.ts'

/** How often to try again when `takeOver` conflicts with another request. */
const mostAttempts = 3
/** The form of a key: the base64url of 32 bytes. */
const keyShape = /^[\w-]{43}$/

/**
 * Moves a session that other software has stored under the id itself: it gets a record like any other session, and the
 * foreign one is removed. Of two concurrent requests, both get the same record. Returns undefined if there is no foreign
 * session. One that cannot be read stays where it is.
 *
 * An id in the form of a key is refused: a thief who has read the store must not be able to use a key as an id. So is
 * the id of a session that has ended in this process, because the other software may have written it again.
 */
export function adopt(engine: Engine, visitor: VerifiedId): MaybePromise<LoadedRecord<unknown> | undefined> {
  const { id } = visitor
  if (!isAdopting(engine) || keyShape.test(id) || id.includes('~')) return undefined
  const remembered = engine.recollection.outcomeOf(engine.keyOfVisitor(visitor), engine.now())
  return remembered === 'missing' ? attemptAdoption(engine, id, mostAttempts) : undefined
}

/** Removes the record of an id, and the foreign session, so that nothing is left that could be moved again. */
export function removeRecord(engine: Engine, id: string, key: string): MaybePromise<boolean> {
  return chain(forgetForeign(engine, id), () =>
    engine.ask('delete', id, (store, call) => store.delete(key, call)),
  )
}

/** Removes the foreign session of an id, so that nothing is left that could be moved again. */
export function forgetForeign(engine: Engine, id: string): MaybePromise<unknown> {
  const verb = 'forget what other software keeps under an id'
  return (
    isAdopting(engine) && askAdopting(engine, verb, (store, call) => store.forgetForeign(rootOf(id), call))
  )
}

function attemptAdoption(
  engine: Engine,
  id: string,
  attempts: number,
): MaybePromise<LoadedRecord<unknown> | undefined> {
  const finding = askAdopting(engine, 'find what other software keeps under an id', (store, call) =>
    store.findForeign(id, call),
  )
  return chain(finding, foreign => {
    // Another request may have moved it since this request has looked for its record.
    if (foreign === undefined) return engine.load(id)
    const record = recordFrom(engine, id, foreign)
    if (record === undefined) return undefined
    const taking = askAdopting(engine, 'take over what other software keeps', (store, call) =>
      store.takeOver({ id, foreign, record }, call),
    )
    return chain(taking, hasTaken => {
      if (hasTaken) publish('adopted', () => ({ handle: engine.handleOf(id) }))
      if (hasTaken) return record
      return attempts > 1 ? attemptAdoption(engine, id, attempts - 1) : engine.load(id)
    })
  })
}

function askAdopting<Answer>(
  engine: Engine,
  verb: StoreVerb,
  ask: (store: AdoptingStore<unknown>, call: StoreCall) => MaybePromise<Answer>,
): MaybePromise<Answer> {
  // Each caller has checked that the store can adopt.
  return engine.ask(verb, undefined, (store, call) => ask(store as AdoptingStore<unknown>, call))
}

/**
 * Makes a record from a foreign session. It does not tell when the session began, so the absolute timeout starts now. The
 * last activity follows from when the session would expire.
 */
function recordFrom(engine: Engine, id: string, foreign: ForeignSession): SessionRecord<unknown> | undefined {
  const contents = contentsOf(foreign)
  if (contents === undefined) {
    publish('tampered', () => ({ handle: engine.handleOf(id), reason: 'record' }))
    return undefined
  }
  const now = engine.now()
  const { originalMaxAge = engine.cookies.commonMaxAge ?? null } = contents
  const longest = engine.timeouts.activity(now, { createdAt: now }, originalMaxAge)
  const expiresAt = Math.min(foreign.expiresAt ?? Number.POSITIVE_INFINITY, longest.expiresAt)
  const frame = {
    ...anonymous,
    key: engine.keyOf(id),
    version: 1,
    createdAt: now,
    touchedAt: now - (longest.expiresAt - expiresAt),
    expiresAt,
  }
  return { ...frame, data: engine.encoding.write(engine.encoding.encode(contents), id, frame) }
}

function contentsOf({ text }: ForeignSession): SessionContents | undefined {
  try {
    return decodeAny(text)
  } catch {
    return undefined
  }
}

function isAdopting(engine: Engine): boolean {
  const { adoptsUntil } = engine.store as Partial<AdoptingStore<unknown>>
  return adoptsUntil !== undefined && engine.now() < adoptsUntil
}
