import { isPromise } from 'node:util/types'
import { RecentMap } from '../core/process/recent-map.ts'
import { anonymous } from '../core/record/standing.ts'
import type { Replacement, SessionRecord, Store, StoreTraits, Touch } from '../core/record/store.ts'
import type { Session } from '../core/session/session.ts'
import { Ledger } from './callback-ledger.ts'

type Answer<Value> = (error?: unknown, value?: Value) => void

/**
 * A store written for express-session: an event emitter whose methods take callbacks. The session is typed
 * `object`, so that a store's own types may be more precise.
 */
export interface CallbackStore {
  get(id: string, answer: (error?: unknown, session?: object | null) => void): unknown
  set(id: string, session: object, answer?: (error?: unknown) => void): unknown
  destroy(id: string, answer?: (error?: unknown) => void): unknown
  touch?(id: string, session: object, answer?: (error?: unknown) => void): unknown
  on(event: string, listener: () => void): unknown
}

const mostTouches = 10_000
const adapted = new WeakMap<CallbackStore, CallbackRecords>()

/**
 * Lets the core use a store written for express-session, and leaves its data format as it is.
 *
 * Two managers with the same store share one ledger, so that inside one process an ended session stays ended and
 * no update is lost. Across processes such a store can promise neither.
 */
export function callbackStore(store: CallbackStore): CallbackRecords {
  const known = adapted.get(store)
  if (known !== undefined) return known
  const records = new CallbackRecords(store)
  adapted.set(store, records)
  return records
}

/** The records of a store for express-session. `callbackStore` makes it. */
export class CallbackRecords implements Store<Session> {
  readonly name: string
  readonly traits: StoreTraits = { keepsSessions: true, touchesAlways: true }
  readonly #store: CallbackStore
  readonly #ledger = new Ledger()
  /** Some stores do not write the time of a touch into the session, so a reader cannot find it there. */
  readonly #touchedAt = new RecentMap<number>(mostTouches)
  /** Checked once, as express-session does; the function itself is looked up at each call. */
  readonly #canTouch: boolean

  constructor(store: CallbackStore) {
    this.name = store.constructor?.name || 'callback'
    this.#store = store
    this.#canTouch = typeof store.touch === 'function'
  }

  /** The version for a read of the session that begins now. */
  versionForReader(id: string): number {
    return this.#ledger.versionForReader(id)
  }

  /** Such a store overwrites whatever it has. So this refuses only to overwrite a session that this process wrote. */
  async create(record: SessionRecord<Session>): Promise<boolean> {
    // `genid` may give an id a second time while the deletion of its first session is still under way.
    await this.#ledger.settled(record.key)
    // Nothing may run between a read that finds nothing and the noting of the write.
    if (this.#ledger.isLive(record.key) && (await this.#isThere(record.key))) return false
    await this.#write(record)
    return true
  }

  async load(id: string): Promise<SessionRecord<Session> | undefined> {
    const version = this.versionForReader(id)
    const session = await this.#get(id)
    return session && recordOf({ id, version, session, touchedAt: this.#touchedAt.get(id) })
  }

  async replace(record: SessionRecord<Session>, expectedVersion: number): Promise<Replacement<Session>> {
    const id = record.key
    if (this.#ledger.hasEndedSince(id, expectedVersion)) return 'gone'
    if (this.#ledger.isCurrent(id, expectedVersion)) {
      await this.#write(record)
      return this.#ledger.hasEndedSince(id, record.version) ? 'gone' : 'replaced'
    }
    await this.#ledger.settled(id)
    return (await this.load(id)) ?? 'gone'
  }

  async touch(id: string, { touchedAt, session: held }: Touch<Session>): Promise<boolean> {
    // The core gives the session, because the store has the trait `keepsSessions`.
    if (held === undefined) return false
    if (this.#ledger.hasEndedSince(id, held.version)) return false
    if (!this.#canTouch || typeof this.#store.touch !== 'function') return true
    await this.#ledger.during(id, () =>
      this.#takenBack(held, answer => this.#store.touch?.(id, held.data, answer)),
    )
    this.#touchedAt.set(id, touchedAt)
    return !this.#ledger.hasEndedSince(id, held.version)
  }

  /** Answers false only when this process has ended the session before. It cannot know what other processes did. */
  async delete(id: string): Promise<boolean> {
    const hasEnded = this.#ledger.isEnded(id)
    const underWay = this.#ledger.end(id)
    await this.#ledger.destruction(id, () => this.#destroyDespite(id, underWay))
    // Again, for requests that began to read while the store was removing the session.
    void this.#ledger.end(id)
    return !hasEnded
  }

  hasEnded(id: string, version: number): boolean {
    return this.#ledger.hasEndedSince(id, version)
  }

  async #isThere(id: string): Promise<boolean> {
    await this.#ledger.settled(id)
    return (await this.#get(id)) !== undefined
  }

  async #write(record: SessionRecord<Session>): Promise<void> {
    const { key, version, data, touchedAt } = record
    await this.#ledger.write(key, version, () =>
      this.#takenBack(record, answer => this.#store.set(key, data, answer)),
    )
    this.#touchedAt.set(key, touchedAt)
  }

  /** Runs a write. If the session ended meanwhile, the write may have brought it back, so it is deleted again. */
  async #takenBack(
    { key, version }: SessionRecord<Session>,
    call: (answer: Answer<void>) => unknown,
  ): Promise<void> {
    try {
      await called(call)
    } finally {
      if (this.#ledger.hasEndedSince(key, version)) await this.#destroy(key)
    }
  }

  /**
   * Deletes at once, without waiting for writes under way, because the store may never answer them. Resolves only
   * when they are answered and undone, because until then one of them may bring the session back.
   */
  async #destroyDespite(id: string, underWay: Promise<boolean> | undefined): Promise<void> {
    await this.#destroy(id)
    // A write that failed may still have reached the store.
    if ((await underWay) === false) await this.#destroy(id)
  }

  async #destroy(id: string): Promise<void> {
    try {
      await called(answer => this.#store.destroy(id, answer))
    } catch (error) {
      if (!isAbsence(error)) throw error
    }
  }

  async #get(id: string): Promise<Session | undefined> {
    try {
      const answered = await called<unknown>(answer => this.#store.get(id, answer as Answer<object | null>))
      // The core trusts nothing in it: it checks the contents, and recognises what is no session.
      const session: Session = Object(answered)
      return answered ? session : undefined
    } catch (error) {
      if (isAbsence(error)) return undefined
      throw error
    }
  }
}

interface Read {
  readonly id: string
  readonly version: number
  readonly session: Session
  readonly touchedAt: number | undefined
}

/**
 * The record never expires here, because only the store knows when the session does: some stores prolong a session
 * without writing the new date into it, so the date inside may be stale.
 */
function recordOf({ id, version, session, touchedAt = 0 }: Read): SessionRecord<Session> {
  return {
    key: id,
    version,
    ...anonymous,
    createdAt: 0,
    touchedAt: Math.max(touchedAt, lastActivity(session)),
    expiresAt: Number.POSITIVE_INFINITY,
    data: session,
  }
}

function lastActivity({ cookie }: Session): number {
  const expiresAt = new Date(cookie?.expires ?? 0).getTime()
  return expiresAt - (cookie?.originalMaxAge ?? expiresAt) || 0
}

/** File-based stores answer a missing session with ENOENT. The error may come from another realm. */
function isAbsence(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT'
}

/** Calls a method of the store. Ignores a second callback; a throw or a rejected promise counts as a failure. */
function called<Value>(call: (answer: Answer<Value>) => unknown): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    const returned = call((error, value) => (error ? reject(error) : resolve(value)))
    if (isPromise(returned)) returned.catch(reject)
  })
}
