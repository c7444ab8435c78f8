import type { VerifiedId } from '../cookies/cookie-signer.ts'
import type { SessionContents } from '../data/codec.ts'
import { decodeAny } from '../data/encoding.ts'
import type { Engine } from '../engine/engine.ts'
import { rootOf } from '../ids/id-rotation.ts'
import type { StoreVerb } from '../record/deadline.ts'
import { chain } from '../record/maybe-promise.ts'
import { anonymous } from '../record/standing.ts'
import type { AdoptingStore, ForeignSession, MaybePromise, SessionRecord } from '../record/store.ts'
import { publish } from '../report/events.ts'

/** How often is tried when others are quicker, who each leave something that can be loaded or taken over. */
const mostAttempts = 3
/** What a key looks like: the base64url of 32 bytes. */
const keyShape = /^[\w-]{43}$/

/**
 * Takes a session over that other software keeps under the id itself: from now on it has a record like any other, and
 * the other software has none. Of two requests at once both have the one record. Answers undefined for an id under
 * which nothing is kept, and for what cannot be read, which is left where it is.
 *
 * An id that looks like a key is refused: whoever has read the store must not use what they found there as an id. So
 * is one whose session is known to have ended here, because software of before may write it once more.
 */
export function adopt(engine: Engine, visitor: VerifiedId): MaybePromise<SessionRecord<unknown> | undefined> {
  const { id } = visitor
  if (!isAdopting(engine) || keyShape.test(id) || id.includes('~')) return undefined
  const remembered = engine.recollection.outcomeOf(engine.keyOfVisitor(visitor), engine.now())
  return remembered === 'missing' ? attemptAdoption(engine, id, mostAttempts) : undefined
}

/** Removes the record of an id, and lets nothing be left that could be taken over again. */
export function removeRecord(engine: Engine, id: string, key: string): MaybePromise<boolean> {
  return chain(forgetForeign(engine, id), () => engine.ask('delete', id, store => store.delete(key)))
}

/** Lets nothing be left that could be taken over again. */
export function forgetForeign(engine: Engine, id: string): MaybePromise<unknown> {
  const verb = 'forget what other software keeps under an id'
  return isAdopting(engine) && askAdopting(engine, verb, store => store.forgetForeign(rootOf(id)))
}

function attemptAdoption(
  engine: Engine,
  id: string,
  attempts: number,
): MaybePromise<SessionRecord<unknown> | undefined> {
  const finding = askAdopting(engine, 'find what other software keeps under an id', store =>
    store.findForeign(id),
  )
  return chain(finding, foreign => {
    // Somebody else may have taken it over since this request has looked for its record.
    if (foreign === undefined) return engine.load(id)
    const record = recordFrom(engine, id, foreign)
    if (record === undefined) return undefined
    const taking = askAdopting(engine, 'take over what other software keeps', store =>
      store.takeOver({ id, foreign, record }),
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
  call: (store: AdoptingStore<unknown>) => MaybePromise<Answer>,
): MaybePromise<Answer> {
  // Nobody comes here whose store cannot.
  return engine.ask(verb, undefined, store => call(store as AdoptingStore<unknown>))
}

/**
 * Makes a record of what other software has kept. When the session began is not known, so that the absolute clock
 * begins now. When it was last active follows from when it was to end.
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
