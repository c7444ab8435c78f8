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
import { exchangedEpoch } from './exchanged-epoch.ts'
import { furthest, successorOf } from './furthest.ts'
import { decodeLease, encodeLease } from './lease-text.ts'
import { decodeEpoch, encodeEpoch } from './lmdb/epoch-bytes.ts'
import { checkedOptions, type LmdbStoreOptions } from './lmdb/options.ts'
import { decodeRecord, encodeRecord } from './lmdb/record-bytes.ts'
import { openFile, type SessionFile } from './lmdb/session-file.ts'
import { nameOf, SubjectKeys } from './lmdb/subject-keys.ts'
import { type Found, Table } from './lmdb/table.ts'

export type { LmdbPackage, LmdbStoreOptions } from './lmdb/options.ts'

/** What to do with an item: replace it by `change`, remove it, or leave it alone when there is no `change`. */
interface Decision<Item, Answer> {
  readonly answer: Answer
  readonly change?: Item | 'remove'
}

/**
 * Makes a store that keeps records in a file on this machine. They survive a restart, and all processes of the
 * machine that open the same folder share them.
 *
 * @throws SojournError `OPTION_INVALID`, `DRIVER_MISSING`, and `STORE_UNUSABLE` for a folder that cannot be used.
 * @example session({ secret, store: lmdbStore({ path: './data/sessions' }) })
 */
export function lmdbStore(options: LmdbStoreOptions): RecordFile {
  return new RecordFile(options)
}

/**
 * Records in a memory-mapped file.
 *
 * A read answers at once and sees what every process has written so far. A write reads the item, decides, and writes
 * in one transaction that succeeds only if the item has not changed since; otherwise it starts again. Of several
 * concurrent writes one always succeeds.
 */
export class RecordFile implements EnumeratingStore, SweepingStore, SubjectStore, LeasingStore {
  readonly name: string = 'lmdb'
  readonly traits: StoreTraits = { readsAtOnce: true }

  readonly #clock: Clock
  readonly #closing = new AbortController()
  readonly #file: SessionFile
  readonly #records: Table<SessionRecord>
  readonly #epochs: Table<SubjectEpoch>
  readonly #leases: Table<Lease>
  readonly #subjects: SubjectKeys

  /** @throws SojournError `OPTION_INVALID`, `DRIVER_MISSING`, `STORE_UNUSABLE` */
  constructor(options: LmdbStoreOptions) {
    const { clock, ...opening } = checkedOptions(options)
    this.#clock = clock
    this.#file = openFile({ ...opening, clock })
    const subjects = new SubjectKeys(this.#file.subjects)
    this.#subjects = subjects
    this.#epochs = new Table(this.#file.epochs, { encode: encodeEpoch, decode: decodeEpoch })
    this.#leases = new Table(this.#file.leases, {
      encode: lease => Buffer.from(encodeLease(lease)),
      decode: (name, bytes) => decodeLease(name, bytes.toString('utf8', 0, bytes.length)),
    })
    this.#records = new Table(this.#file.records, {
      encode: encodeRecord,
      decode: decodeRecord,
      accompany: (key, from, to) => subjects.move(key, from?.subject, to?.subject),
    })
  }

  get closed(): AbortSignal {
    return this.#closing.signal
  }

  create(record: SessionRecord): Promise<boolean> {
    return this.#change(this.#records, record.key, found => {
      if (found !== undefined) return { answer: false }
      return this.#isOver(record) ? { answer: true } : { answer: true, change: record }
    })
  }

  load(key: string): LoadedRecord | undefined {
    const record = this.#find(key)
    if (record?.subject === undefined) return record
    return { ...record, subjectEpoch: this.epochOf(record.subject) }
  }

  replace(record: SessionRecord, expectedVersion: number): Promise<Replacement> {
    return this.#change<SessionRecord, Replacement>(this.#records, record.key, found => {
      if (found === undefined) return { answer: 'gone' }
      if (found.version !== expectedVersion) return { answer: found }
      const next = successorOf(found, record)
      return { answer: 'replaced', change: this.#isOver(next) ? 'remove' : next }
    })
  }

  touch(key: string, activity: Activity): Promise<boolean> {
    return this.#change(this.#records, key, found => {
      if (found === undefined) return { answer: false }
      const change = furthest(found, activity)
      return change === found ? { answer: true } : { answer: true, change }
    })
  }

  delete(key: string): Promise<boolean> {
    return this.#change(this.#records, key, found =>
      found === undefined ? { answer: false } : { answer: true, change: 'remove' },
    )
  }

  *records(): Generator<SessionRecord> {
    for (const key of this.#records.names()) {
      const record = this.#find(key)
      if (record !== undefined) yield record
    }
  }

  ofSubject(subject: string): SubjectListing {
    return { sessions: this.#recordsOf(subject), epoch: this.epochOf(subject) }
  }

  epochOf(subject: string): SubjectEpoch | undefined {
    return this.#live(this.#epochs.find(nameOf(subject)))
  }

  exchangeEpoch(exchange: EpochExchange): Promise<number | undefined> {
    return this.#change<SubjectEpoch, number | undefined>(this.#epochs, nameOf(exchange.subject), found => {
      const next = exchangedEpoch(exchange, found)
      if (next === undefined || this.#isOver(next)) return { answer: next?.epoch }
      return { answer: next.epoch, change: next }
    })
  }

  async endBelow(subject: string, { epoch, except }: SubjectEpoch): Promise<readonly string[]> {
    const keys = this.#recordsOf(subject)
      .filter(record => record.epoch < epoch && record.key !== except)
      .map(({ key }) => key)
    const removed = await Promise.all(keys.map(key => this.delete(key)))
    return keys.filter((_key, index) => removed[index])
  }

  async acquireLease(lease: Lease): Promise<boolean> {
    if (this.#isOver(lease)) return false
    return await this.#change(this.#leases, lease.name, held => {
      if (held !== undefined && held.token !== lease.token) return { answer: false }
      return { answer: true, change: lease }
    })
  }

  holdsLease({ name, token }: Lease): boolean {
    return this.#live(this.#leases.find(name))?.token === token
  }

  releaseLease({ name, token }: Lease): Promise<void> {
    return this.#change(this.#leases, name, held =>
      held?.token === token ? { answer: undefined, change: 'remove' } : { answer: undefined },
    )
  }

  async sweep(limit: number, by: number = this.#clock.now()): Promise<Sweep> {
    const others = [this.#epochs, this.#leases].map(table => table.sweep(by, limit))
    const [removed] = await Promise.all([this.#records.sweep(by, limit), ...others])
    return { removed, nextAt: this.#records.firstEnd() }
  }

  /** Closes the file when the writes under way are done. Every later call fails. */
  close(): Promise<void> {
    this.#closing.abort()
    return this.#file.close()
  }

  /** Applies what `decide` answers for the live item. On a conflict with another write it decides again. */
  async #change<Item extends { readonly expiresAt: number }, Answer>(
    table: Table<Item>,
    name: string,
    decide: (found: Item | undefined) => Decision<Item, Answer>,
  ): Promise<Answer> {
    for (;;) {
      const found = table.find(name)
      const { answer, change } = decide(this.#live(found))
      if (change === undefined) return answer
      const next = change === 'remove' ? undefined : change
      if (await table.exchange({ name, found, next })) return answer
    }
  }

  #find(key: string): SessionRecord | undefined {
    return this.#live(this.#records.find(key))
  }

  #recordsOf(subject: string): readonly SessionRecord[] {
    return this.#subjects.of(subject).flatMap(key => {
      const record = this.#find(key)
      return record?.subject === subject ? [record] : []
    })
  }

  #live<Item extends { readonly expiresAt: number }>(found: Found<Item> | undefined): Item | undefined {
    return found === undefined || this.#isOver(found.item) ? undefined : found.item
  }

  #isOver({ expiresAt }: { readonly expiresAt: number }): boolean {
    return expiresAt <= this.#clock.now()
  }
}
