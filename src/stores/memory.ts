import { ProcessLeases } from '../core/process/process-leases.ts'
import type {
  Activity,
  EnumeratingStore,
  EpochExchange,
  Lease,
  LeasingStore,
  LoadedRecord,
  Replacement,
  SessionRecord,
  StoreTraits,
  SubjectEpoch,
  SubjectListing,
  SubjectStore,
  Sweep,
  SweepingStore,
} from '../core/record/store.ts'
import type { Clock } from '../core/time/clock.ts'
import { furthest, successorOf } from './furthest.ts'
import { ExpiryIndex } from './memory/expiry.ts'
import { checkedOptions, type MemoryStoreOptions, type MemoryUsage } from './memory/options.ts'
import { Entry, RecencyList } from './memory/recency.ts'
import { ownCopy, weigh } from './memory/records.ts'
import { SubjectIndex } from './memory/subjects.ts'

export type { MemoryStoreOptions, MemoryUsage } from './memory/options.ts'

/**
 * Makes a store that keeps records in the memory of this process. They are lost at a restart, and other processes
 * do not see them.
 *
 * @throws SojournError `OPTION_INVALID`
 * @example createSessions({ secret, store: memoryStore({ maxRecords: 20_000 }) })
 */
export function memoryStore(options: MemoryStoreOptions = {}): RecordMemory {
  return new RecordMemory(options)
}

/**
 * Records in the memory of this process, bounded in number and in bytes.
 *
 * A full store removes the least recently active record, and a signed-in session only when no anonymous one is
 * left, so that visitors who never sign in cannot push out users who have. Text is kept as it is; bytes are copied in
 * and out.
 */
export class RecordMemory implements EnumeratingStore, SweepingStore, SubjectStore, LeasingStore {
  readonly name: string = 'memory'
  readonly traits: StoreTraits = { readsAtOnce: true }

  readonly #maxRecords: number
  readonly #maxBytes: number
  readonly #clock: Clock

  /** Each entry is also in exactly one of the two lists, in the index of subjects if it has one, and in the expiry index if it can expire. */
  readonly #entries = new Map<string, Entry>()
  readonly #anonymous = new RecencyList()
  readonly #signedIn = new RecencyList()
  readonly #expiry = new ExpiryIndex()
  readonly #subjects: SubjectIndex
  readonly #leases: ProcessLeases
  /** The sum of the `bytes` of all entries. */
  #bytes = 0
  readonly #closing = new AbortController()

  /** @throws SojournError `OPTION_INVALID` */
  constructor(options: MemoryStoreOptions = {}) {
    const { maxRecords, maxBytes, clock } = checkedOptions(options)
    this.#maxRecords = maxRecords
    this.#maxBytes = maxBytes
    this.#clock = clock
    this.#subjects = new SubjectIndex(maxRecords)
    this.#leases = new ProcessLeases(maxRecords, clock)
  }

  get closed(): AbortSignal {
    return this.#closing.signal
  }

  /** The number of live records. Removes the expired ones first. */
  get size(): number {
    this.sweep(Number.POSITIVE_INFINITY)
    return this.#entries.size
  }

  create(record: SessionRecord): boolean {
    const now = this.#clock.now()
    const found = this.#entries.get(record.key)
    if (found !== undefined && found.record.expiresAt > now) return false
    if (record.expiresAt <= now) return true
    const bytes = weigh(record, 'create', this.#maxBytes)
    if (found !== undefined) this.#forget(found)
    this.#add(new Entry(ownCopy(record)), bytes)
    return true
  }

  load(key: string): LoadedRecord | undefined {
    const record = this.#live(key)?.record
    if (record === undefined) return undefined
    const { subject } = record
    return subject === undefined
      ? ownCopy(record)
      : { ...ownCopy(record), subjectEpoch: this.epochOf(subject) }
  }

  replace(record: SessionRecord, expectedVersion: number): Replacement {
    const entry = this.#live(record.key)
    if (entry === undefined) return 'gone'
    if (entry.record.version !== expectedVersion) return ownCopy(entry.record)
    const next = successorOf(entry.record, record)
    if (next.expiresAt <= this.#clock.now()) this.#forget(entry)
    else this.#exchange(entry, next, 'replace')
    return 'replaced'
  }

  touch(key: string, activity: Activity): boolean {
    const entry = this.#live(key)
    if (entry === undefined) return false
    const record = furthest(entry.record, activity)
    // New times do not change the size of a record; another device does.
    if (record.device === entry.record.device) this.#renew(entry, record)
    else this.#exchange(entry, record, 'touch')
    return true
  }

  delete(key: string): boolean {
    const entry = this.#live(key)
    if (entry === undefined) return false
    this.#forget(entry)
    return true
  }

  *records(): Generator<SessionRecord> {
    for (const { record } of this.#entries.values()) {
      if (record.expiresAt > this.#clock.now()) yield ownCopy(record)
    }
  }

  ofSubject(subject: string): SubjectListing {
    const now = this.#clock.now()
    const records = this.#subjects.of(subject).map(({ record }) => record)
    const sessions = records.filter(({ expiresAt }) => expiresAt > now).map(ownCopy)
    return { sessions, epoch: this.epochOf(subject) }
  }

  epochOf(subject: string): SubjectEpoch | undefined {
    return this.#subjects.epochOf(subject, this.#clock.now())
  }

  exchangeEpoch(exchange: EpochExchange): number | undefined {
    return this.#subjects.exchangeEpoch(exchange, this.#clock.now())
  }

  endBelow(subject: string, { epoch, except }: SubjectEpoch): readonly string[] {
    const now = this.#clock.now()
    const ended = this.#subjects
      .of(subject)
      .filter(({ record }) => record.expiresAt > now && record.epoch < epoch && record.key !== except)
    for (const entry of ended) this.#forget(entry)
    return ended.map(({ record }) => record.key)
  }

  acquireLease(lease: Lease): boolean {
    return this.#leases.acquireLease(lease)
  }

  holdsLease(lease: Lease): boolean {
    return this.#leases.holdsLease(lease)
  }

  releaseLease(lease: Lease): void {
    this.#leases.releaseLease(lease)
  }

  sweep(limit: number, by: number = this.#clock.now()): Sweep {
    let removed = 0
    for (const entry of this.#expiry.begunBy(by)) {
      if (removed >= limit) break
      if (entry.record.expiresAt > by) continue
      this.#forget(entry)
      removed++
    }
    this.#subjects.sweepEpochs(by, limit)
    const { nextAt } = this.#expiry
    // The first bucket may have begun already, and hold only records that expire later.
    return { removed, nextAt: removed < limit && nextAt !== undefined ? Math.max(nextAt, by + 1) : nextAt }
  }

  /** Removes every record. */
  clear(): void {
    for (const entry of this.#entries.values()) this.#forget(entry)
    this.#subjects.clear()
  }

  /** Removes every record, and lets the manager remove no expired ones any more. A process can exit without it. */
  close(): void {
    this.clear()
    this.#closing.abort()
  }

  /** How much the store holds now. */
  usage(): MemoryUsage {
    return { records: this.#entries.size, bytes: this.#bytes }
  }

  #live(key: string): Entry | undefined {
    const entry = this.#entries.get(key)
    return entry !== undefined && entry.record.expiresAt > this.#clock.now() ? entry : undefined
  }

  #add(entry: Entry, bytes: number): void {
    entry.bytes = bytes
    this.#bytes += bytes
    this.#entries.set(entry.record.key, entry)
    this.#listOf(entry.record).push(entry)
    this.#subjects.add(entry)
    this.#settle(entry)
  }

  #renew(entry: Entry, record: SessionRecord): void {
    entry.record = record
    this.#listOf(record).renew(entry)
  }

  #exchange(entry: Entry, record: SessionRecord, verb: string): void {
    const bytes = weigh(record, verb, this.#maxBytes)
    this.#bytes += bytes - entry.bytes
    entry.bytes = bytes
    this.#listOf(entry.record).remove(entry)
    if (entry.record.subject !== record.subject) this.#subjects.remove(entry)
    entry.record = ownCopy(record)
    this.#listOf(record).push(entry)
    this.#subjects.add(entry)
    this.#settle(entry)
  }

  #forget(entry: Entry): void {
    this.#bytes -= entry.bytes
    this.#entries.delete(entry.record.key)
    this.#listOf(entry.record).remove(entry)
    this.#subjects.remove(entry)
    this.#expiry.remove(entry)
  }

  #listOf(record: SessionRecord): RecencyList {
    return record.subject === undefined ? this.#anonymous : this.#signedIn
  }

  /** Restores the bounds after a write, and makes sure that a sweep finds the record when it has expired. */
  #settle(entry: Entry): void {
    this.#expiry.keep(entry)
    while (this.#entries.size > this.#maxRecords || this.#bytes > this.#maxBytes) this.#evict()
  }

  #evict(): void {
    const entry = this.#anonymous.oldest ?? this.#signedIn.oldest
    if (entry !== undefined) this.#forget(entry)
  }
}
