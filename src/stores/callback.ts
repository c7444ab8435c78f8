import { isPromise } from 'node:util/types'
import { RecentMap } from '../core/process/recent-map.ts'
import { anonymous } from '../core/record/standing.ts'
import type { Activity, Replacement, SessionRecord, Store, StoreTraits } from '../core/record/store.ts'
import type { Session } from '../core/session/session.ts'
import { Ledger } from './callback-ledger.ts'

type Answer<Value> = (error?: unknown, value?: Value) => void

/**
 * A store that was written for express-session: verbs that call back, on an event emitter. The session is
 * an `object` here, so that a store may say more precisely what it takes and answers.
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
 * Lets the core use a store that was written for express-session, with its data as it is.
 *
 * Two managers that are handed the same store share what is known of it, so that inside one process what
 * was ended stays ended, and no update is lost. Across processes such a store cannot promise either.
 */
export function callbackStore(store: CallbackStore): CallbackRecords {
  const known = adapted.get(store)
  if (known !== undefined) return known
  const records = new CallbackRecords(store)
  adapted.set(store, records)
  return records
}

/** The records of a store for express-session, which `callbackStore` makes. */
export class CallbackRecords implements Store<Session> {
  readonly name: string
  readonly traits: StoreTraits = { keepsSessions: true, touchesAlways: true }
  readonly #store: CallbackStore
  readonly #ledger = new Ledger()
  /** Some stores do not write the date of a touch into the session, so that a reader cannot see it there. */
  readonly #touchedAt = new RecentMap<number>(mostTouches)
  /** Decided once, as in express-session; which function is called is looked up each time. */
  readonly #canTouch: boolean

  constructor(store: CallbackStore) {
    this.name = store.constructor?.name || 'callback'
    this.#store = store
    this.#canTouch = typeof store.touch === 'function'
  }

  /** The version of what is read of a session from now on. */
  versionForReader(id: string): number {
    return this.#ledger.versionForReader(id)
  }

  /** Such a store would write over whatever it has. What this process has put there itself is left alone. */
  async create(record: SessionRecord<Session>): Promise<boolean> {
    // Where `genid` gives an id a second time, its first session may still be on the way out.
    await this.#ledger.settled(record.key)
    // Nothing may come between a look that finds nothing and the note of the write.
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

  async touch(id: string, { touchedAt }: Activity, held: SessionRecord<Session>): Promise<boolean> {
    if (this.#ledger.hasEndedSince(id, held.version)) return false
    if (!this.#canTouch || typeof this.#store.touch !== 'function') return true
    await this.#ledger.during(id, () =>
      this.#takenBack(held, answer => this.#store.touch?.(id, held.data, answer)),
    )
    this.#touchedAt.set(id, touchedAt)
    return !this.#ledger.hasEndedSince(id, held.version)
  }

  /** Answers false only where this process has ended the session already: of others nothing is known. */
  async delete(id: string): Promise<boolean> {
    const hasEnded = this.#ledger.isEnded(id)
    const underWay = this.#ledger.end(id)
    await this.#ledger.destruction(id, () => this.#destroyDespite(id, underWay))
    // A second time, for who has begun to read while the store was removing it.
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

  /** Calls a verb that writes. What is answered after the session's end may have brought it back, and is undone. */
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
   * Does not wait for the store to answer a write before it is told of the end, because that answer may
   * never come. Yet it is the end only once the write was answered, and has been taken back.
   */
  async #destroyDespite(id: string, underWay: Promise<boolean> | undefined): Promise<void> {
    await this.#destroy(id)
    // What has failed may have been stored nevertheless.
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
      // What is in it is looked at by the core, which trusts nothing of it and tells what is no session.
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
 * Such a store alone knows when a session is over: some of them prolong it without writing the new date
 * into it, so that the date inside says nothing.
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

/** Stores that keep files answer so for a session that there is not. The error may be of another realm. */
function isAbsence(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT'
}

/** Calls a verb of the store. A second answer is ignored; a throw, at once or from a promise, is a failure. */
function called<Value>(call: (answer: Answer<Value>) => unknown): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    const returned = call((error, value) => (error ? reject(error) : resolve(value)))
    if (isPromise(returned)) returned.catch(reject)
  })
}
