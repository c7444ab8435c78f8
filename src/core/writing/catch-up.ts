import type { Reading } from '../data/encoding.ts'
import { contentsOf } from '../data/session-values.ts'
import type { Engine } from '../engine/engine.ts'
import type { SessionRecord } from '../record/store.ts'
import { publish } from '../report/events.ts'
import type { LiveSession } from '../session/live-session.ts'

/** Merges this request's changes into the current record. Returns false if the record cannot be used. */
export function catchUp(engine: Engine, live: LiveSession, current: SessionRecord<unknown>): boolean {
  const { encoding, policy } = engine
  const id = engine.currentIdFor(live.id, current)
  const read = id === undefined ? undefined : readRecord(engine, current, id)
  if (id === undefined || read?.contents === undefined) return false
  live.follow(id)
  // Encodes the values of a session that this request has not accessed yet. They are what the store had: no change.
  live.noteMayChange()
  const base = live.stored === undefined ? {} : encoding.decode(live.stored).values
  const { contents: theirs, text } = read
  const clashes = live.mergeOnto(current, { theirs, text, base, resolve: policy.onConflict })
  publish('conflicted', () => ({ handle: engine.handleOf(live.id), clashes }))
  return true
}

/** Decodes the data of a record, for a request that already has its session. */
export function readRecord(
  { encoding, keepsSessions }: Engine,
  record: SessionRecord<unknown>,
  id: string,
): Pick<Reading, 'contents' | 'text'> {
  if (!keepsSessions) return encoding.read(record, id)
  // A store that keeps sessions returns one as the data.
  return { contents: contentsOf(record.data as object), text: undefined }
}
