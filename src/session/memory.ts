import { anonymous } from '../core/record/standing.ts'
import type { SessionRecord } from '../core/record/store.ts'
import type { SessionData } from '../core/session/session-data.ts'
import { memoryStore, type RecordMemory } from '../stores/memory.ts'
import { type CompleteStore, Store } from './store.ts'

type Done = (error?: unknown) => void
type Answer<Value> = (error?: unknown, value?: Value) => void

const recordsKey: unique symbol = Symbol('sojourn.records')

/**
 * The memory store with express-session's interface: methods with callbacks, sessions by id. It is for
 * applications that construct, patch or extend it; without the `store` option the middleware uses a faster one.
 */
export interface MemoryStore extends CompleteStore {
  readonly [recordsKey]: RecordMemory
  get(id: string, answer: Answer<SessionData | null>): void
  set(id: string, session: object, done?: Done): void
  destroy(id: string, done?: Done): void
  touch(id: string, session: object, done?: Done): void
  /** Returns all live sessions by id. */
  all(answer: Answer<{ readonly [id: string]: object }>): void
  /** Returns the number of live sessions. */
  length(answer: Answer<number>): void
  clear(done?: Done): void
}

/** Works with `new` and with `class … extends`. Older stores call it without `new`. */
export interface MemoryStoreConstructor {
  new (): MemoryStore
  (this: unknown): void
  readonly prototype: MemoryStore
}

// A function and no class, for the same reason as `Store`.
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

/** Replaces the cookie of a session that still exists. The rest of its stored data stays as it is. */
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

/** A session as this store sees it: the cookie says when it expires, the rest is opaque. */
interface StoredSession {
  readonly cookie?: { readonly expires?: Date | string | null | undefined } | null
}

/** Stores a record in the place of any other. The caller builds it first: if that throws, nothing has changed. */
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
