import { isReserved, reservedNameError, type SessionValues } from '../data/codec.ts'
import type { Engine } from '../engine/engine.ts'
import { chain } from '../record/maybe-promise.ts'
import type { MaybePromise, SessionFacts, SessionRecord } from '../record/store.ts'
import { conflictError, unableError } from '../report/errors.ts'
import { publish } from '../report/events.ts'

const mostAttempts = 64

/** Changes the data of a session. It may be called again, on newer data. */
export type ChangeData = (data: SessionValues) => MaybePromise<unknown>

/**
 * Changes the data of stored sessions, one after the other, and returns how many it has changed. A session that ends
 * meanwhile stays ended. The session's activity does not change.
 *
 * @throws SojournError `STORE_UNABLE` for data that only its visitor can unseal.
 */
export async function changeAll(
  engine: Engine,
  sessions: readonly SessionFacts[],
  change: ChangeData,
): Promise<number> {
  if (engine.policy.seal === 'visitor')
    throw unableError(engine.store.name, "change sessions that are sealed with `seal: 'visitor'`")
  let changed = 0
  for (const { key } of sessions) {
    const found = await engine.ask('load', undefined, (store, call) => store.load(key, call))
    if (found !== undefined && (await changeOne(engine, found, change))) changed += 1
  }
  return changed
}

async function changeOne(
  engine: Engine,
  found: SessionRecord<unknown>,
  change: ChangeData,
): Promise<boolean> {
  let held = found
  for (let attempts = 0; attempts < mostAttempts; attempts += 1) {
    const record = await changed(engine, held, change)
    if (record === undefined) return false
    const answer = await engine.ask('replace', undefined, (store, call) =>
      store.replace(record, record.version - 1, call),
    )
    if (answer === 'replaced') publish('saved', () => ({ handle: record.key }))
    if (typeof answer === 'string') return answer === 'replaced'
    held = answer
  }
  throw conflictError('store a session', mostAttempts)
}

/** The next record; undefined if the change leaves the data as it is, or if the data cannot be read. */
function changed(
  { encoding }: Engine,
  held: SessionRecord<unknown>,
  change: ChangeData,
): MaybePromise<SessionRecord<unknown> | undefined> {
  const { contents, text } = encoding.read(held, undefined)
  if (contents === undefined) return undefined
  return chain(change(contents.values), () => {
    const reserved = Object.keys(contents.values).find(isReserved)
    if (reserved !== undefined) throw reservedNameError(reserved)
    const encoded = encoding.sized(encoding.encodeChanged(contents, text))
    const next = { ...held, version: held.version + 1 }
    return encoded === undefined ? undefined : { ...next, data: encoding.write(encoded, undefined, next) }
  })
}
