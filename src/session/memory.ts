import { anonymous } from '../core/record/standing.ts'
import type { SessionRecord } from '../core/record/store.ts'
import type { SessionData } from '../core/session/session-data.ts'
import { memoryStore, type RecordMemory } from '../stores/memory.ts'
import { type CompleteStore, Store } from './store.ts'

type Done = (error?: unknown) => void
type Answer<Value> = (error?: unknown, value?: Value) => void

const recordsKey: unique symbol = Symbol('sojourn.records')

/**
 * The memory store as express-session knows it: verbs that call back, sessions under their ids.
 * For whoever constructs, patches or extends it; without a `store` option there is a quicker one.
 */
export interface MemoryStore extends CompleteStore {
  readonly [recordsKey]: RecordMemory
  get(id: string, answer: Answer<SessionData | null>): void
  set(id: string, session: object, done?: Done): void
  destroy(id: string, done?: Done): void
  touch(id: string, session: object, done?: Done): void
  /** Answers all live sessions, by their ids. */
  all(answer: Answer<{ readonly [id: string]: object }>): void
  /** Answers how many live sessions there are. */
  length(answer: Answer<number>): void
  clear(done?: Done): void
}

/** Constructs with `new`, is extended with `class`, and is called without `new` by older stores. */
export interface MemoryStoreConstructor {
  new (): MemoryStore
  (this: unknown): void
  readonly prototype: MemoryStore
}

// A function for the same reason as `Store` is one.
export const MemoryStore: MemoryStoreConstructor = function MemoryStore(this: MemoryStore): void {
  Store.call(this)
  Object.defineProperty(this, recordsKey, { value: memoryStore() })
} as unknown as MemoryStoreConstructor

Object.setPrototypeOf(MemoryStore, Store)
Object.setPrototypeOf(MemoryStore.prototype, Store.prototype)
for (const [name, value] of Object.entries({ get, set, destroy, touch, all, length, clear })) {
  Object.defineProperty(MemoryStore.prototype, name, { value, writable: true, configurable: true })
}

function get(this: MemoryStore, id: string, answer: Answer<object>): void {
  const record = this[recordsKey].load(id)
  process.nextTick(answer, null, record && sessionIn(record))
}

// biome-ignore lint/complexity/useMaxParams: `this` is no parameter.
function set(this: MemoryStore, id: string, session: StoredSession, done?: Done): void {
  put(this[recordsKey], recordOf(id, session.cookie, JSON.stringify(session)))
  if (done) process.nextTick(done, null)
}

function destroy(this: MemoryStore, id: string, done?: Done): void {
  this[recordsKey].delete(id)
  if (done) process.nextTick(done, null)
}

/** Moves the cookie of a session that is still there; whatever else it holds stays as it is stored. */
// biome-ignore lint/complexity/useMaxParams: `this` is no parameter.
function touch(this: MemoryStore, id: string, { cookie }: StoredSession, done?: Done): void {
  const records = this[recordsKey]
  const record = records.load(id)
  if (record !== undefined)
    put(records, recordOf(id, cookie, JSON.stringify({ ...sessionIn(record), cookie })))
  if (done) process.nextTick(done, null)
}

function all(this: MemoryStore, answer: Answer<{ readonly [id: string]: object }>): void {
  const sessions = [...this[recordsKey].records()].map(record => [record.key, sessionIn(record)] as const)
  process.nextTick(answer, null, Object.fromEntries(sessions))
}

function length(this: MemoryStore, answer: Answer<number>): void {
  process.nextTick(answer, null, this[recordsKey].size)
}

function clear(this: MemoryStore, done?: Done): void {
  this[recordsKey].clear()
  if (done) process.nextTick(done, null)
}

/** What is here of a session: its cookie says when it is over, and the rest is only kept. */
interface StoredSession {
  readonly cookie?: { readonly expires?: Date | string | null | undefined } | null
}

/** Keeps a record, whatever is there. It was made before, so that one that cannot be made changes nothing. */
function put(records: RecordMemory, record: SessionRecord): void {
  records.delete(record.key)
  records.create(record)
}

function sessionIn(record: SessionRecord): object {
  return JSON.parse(String(record.data))
}

function recordOf(id: string, cookie: StoredSession['cookie'], data: string): SessionRecord {
  const expiresAt = cookie?.expires ? new Date(cookie.expires).getTime() : Number.POSITIVE_INFINITY
  return { ...anonymous, key: id, version: 1, createdAt: 0, touchedAt: 0, expiresAt, data }
}

export { MemoryStore as default }
