import type { Reading } from '../data/encoding.ts'
import { contentsOf } from '../data/session-values.ts'
import type { Engine } from '../engine/engine.ts'
import type { SessionRecord } from '../record/store.ts'
import { publish } from '../report/events.ts'
import type { LiveSession } from '../session/live-session.ts'

/** Brings a session to what the store has now, with this request's own changes. Answers whether that can be done. */
export function catchUp(engine: Engine, live: LiveSession, current: SessionRecord<unknown>): boolean {
  const { encoding, policy } = engine
  const id = engine.currentIdFor(live.id, current)
  const read = id === undefined ? undefined : readRecord(engine, current, id)
  if (id === undefined || read?.contents === undefined) return false
  live.follow(id)
  // A session that nobody has looked into is what the store had, and so no change of this request.
  live.noteMayChange()
  const base = live.stored === undefined ? {} : encoding.decode(live.stored).values
  const { contents: theirs, text } = read
  const clashes = live.mergeOnto(current, { theirs, text, base, resolve: policy.onConflict })
  publish('conflicted', () => ({ handle: engine.handleOf(live.id), clashes }))
  return true
}

/** Reads the data of a record for a request that has its session. */
export function readRecord(
  { encoding, keepsSessions }: Engine,
  record: SessionRecord<unknown>,
  id: string,
): Pick<Reading, 'contents' | 'text'> {
  if (!keepsSessions) return encoding.read(record, id)
  // A store that keeps sessions answers one.
  return { contents: contentsOf(record.data as object), text: undefined }
}
