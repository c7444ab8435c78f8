import { randomUUID } from 'node:crypto'
import type {
  AdoptingStore,
  EnumeratingStore,
  EpochExchange,
  ForeignSession,
  Lease,
  LeasingStore,
  LoadedRecord,
  Replacement,
  SessionRecord,
  StoreCall,
  SubjectEpoch,
  SubjectListing,
  SubjectStore,
  TakeOver,
  Touch,
} from '../core/record/store.ts'
import type { Clock } from '../core/time/clock.ts'
import type { Document } from './mongodb/client.ts'
import { Collections } from './mongodb/collections.ts'
import { documentOf, epochIn, recordIn, removalOf } from './mongodb/documents.ts'
import { Epochs } from './mongodb/epochs.ts'
import { OldSessions } from './mongodb/old-sessions.ts'
import { checkedOptions, type MongoStoreOptions } from './mongodb/options.ts'
import { listOf, replacement, withActivity } from './mongodb/pipelines.ts'
import { unusable } from './mongodb/trouble.ts'

export type { MongoClientLike } from './mongodb/client.ts'
export type { MongoStoreOptions } from './mongodb/options.ts'

/** How many records a stream reads at once. */
const pageSize = 100

/**
 * Makes a store that keeps records in MongoDB, through the application's own client.
 *
 * @throws SojournError `OPTION_INVALID`
 * @example session({ secret, store: mongoStore({ client: mongoose.connection }) })
 */
export function mongoStore(options: MongoStoreOptions): MongoRecords {
  return new MongoRecords(options)
}

/**
 * Records in MongoDB. Each method is one operation on one document, which the server runs as one step, and which the driver
 * repeats safely after a lost answer. The server removes expired documents by itself.
 */
export class MongoRecords implements EnumeratingStore, SubjectStore, LeasingStore, AdoptingStore {
  readonly name: string = 'mongodb'
  readonly adoptsUntil: number | undefined
  readonly #clock: Clock
  readonly #collections: Collections
  readonly #epochs: Epochs
  readonly #old: OldSessions
  readonly #end: (() => Promise<void>) | undefined

  /** `end` closes the client that the store has opened. @throws SojournError `OPTION_INVALID` */
  constructor(options: MongoStoreOptions, end?: () => Promise<void>) {
    const checked = checkedOptions(options)
    this.#clock = checked.clock
    this.adoptsUntil = checked.adoptsUntil
    this.#collections = new Collections(checked)
    this.#epochs = new Epochs(this.#collections, checked.clock)
    this.#old = new OldSessions(this.#collections)
    this.#end = end
  }

  /**
   * Waits for the server, makes the indexes and looks whether it takes writes. The store works without this call; an
   * application that awaits it learns at startup what is wrong.
   *
   * @throws SojournError `STORE_UNUSABLE`
   */
  async ready(): Promise<void> {
    try {
      await this.load('')
      await this.delete('')
    } catch (error) {
      throw unusable(error)
    }
  }

  async create(record: SessionRecord, call?: StoreCall): Promise<boolean> {
    if (this.#isOver(record)) return (await this.load(record.key, call)) === undefined
    const expired = { _id: record.key, expiresAt: { $lte: this.#clock.now() } }
    const created = await this.#collections.runUpsert(
      ({ sessions }, options) =>
        sessions.replaceOne(expired, documentOf(record), { ...options, upsert: true }),
      call,
    )
    return created !== undefined
  }

  async load(key: string, call?: StoreCall): Promise<LoadedRecord | undefined> {
    const { epochsName: from } = this.#collections
    const pipeline = [
      { $match: this.#live(key) },
      { $lookup: { from, localField: 'subject', foreignField: '_id', as: 'lines' } },
    ]
    const [found] = await this.#collections.run(
      ({ sessions }, options) => sessions.aggregate(pipeline, options).toArray(),
      call,
    )
    if (found === undefined) return undefined
    const record = recordIn(found)
    if (record.subject === undefined || !Array.isArray(found.lines)) return record
    return { ...record, subjectEpoch: this.#epochs.live(found.lines[0]) }
  }

  async replace(record: SessionRecord, expectedVersion: number, call?: StoreCall): Promise<Replacement> {
    const before = await this.#collections.run(
      ({ sessions }, options) =>
        sessions.findOneAndUpdate(this.#live(record.key), replacement(record, expectedVersion), {
          ...options,
          returnDocument: 'before',
          includeResultMetadata: false,
        }),
      call,
    )
    if (before === null) return 'gone'
    return before.version === expectedVersion ? 'replaced' : recordIn(before)
  }

  async touch(key: string, activity: Touch, call?: StoreCall): Promise<boolean> {
    const { matchedCount } = await this.#collections.run(
      ({ sessions }, options) => sessions.updateOne(this.#live(key), withActivity(activity), options),
      call,
    )
    return matchedCount === 1
  }

  async delete(key: string, call?: StoreCall): Promise<boolean> {
    const removal = await this.#collections.run(
      ({ sessions }, options) => sessions.deleteOne(this.#live(key), options),
      call,
    )
    return removal.deletedCount === 1
  }

  async *records(): AsyncGenerator<SessionRecord> {
    let after: string | undefined = ''
    while (after !== undefined) {
      const filter = { _id: { $gt: after }, expiresAt: { $gt: this.#clock.now() } }
      const page: readonly Document[] = await this.#collections.run(
        ({ sessions }) => sessions.find(filter, { sort: { _id: 1 }, limit: pageSize }).toArray(),
        undefined,
      )
      yield* page.map(recordIn)
      after = page.length === 0 ? undefined : String(page.at(-1)?._id)
    }
  }

  async ofSubject(subject: string, call?: StoreCall): Promise<SubjectListing> {
    const { epochsName } = this.#collections
    const pipeline = listOf(subject, { epochsName, now: this.#clock.now() })
    const found = await this.#collections.run(
      ({ sessions }, options) => sessions.aggregate(pipeline, options).toArray(),
      call,
    )
    return {
      sessions: found.filter(each => each.line === undefined).map(recordIn),
      epoch: epochIn(found.find(each => each.line !== undefined)),
    }
  }

  epochOf(subject: string, call?: StoreCall): Promise<SubjectEpoch | undefined> {
    return this.#epochs.of(subject, call)
  }

  exchangeEpoch(exchange: EpochExchange, call?: StoreCall): Promise<number | undefined> {
    return this.#epochs.exchange(exchange, call)
  }

  /**
   * Each document ends with a mark, by which the second operation finds those that this call has ended. The server removes
   * them after the grace, and not before they are read.
   */
  async endBelow(
    subject: string,
    { epoch, except }: SubjectEpoch,
    call?: StoreCall,
  ): Promise<readonly string[]> {
    const endedBy = randomUUID()
    const now = this.#clock.now()
    const below = {
      subject,
      epoch: { $lt: epoch },
      expiresAt: { $gt: now },
      _id: { $ne: except },
    }
    const end = { $set: { expiresAt: 0, removeAt: new Date(now), endedBy }, $unset: { data: '' } }
    const { matchedCount } = await this.#collections.run(
      ({ sessions }, options) => sessions.updateMany(below, end, options),
      call,
    )
    if (matchedCount === 0) return []
    const ended = await this.#collections.run(
      ({ sessions }, options) =>
        sessions.find({ subject, endedBy }, { ...options, projection: { _id: 1 } }).toArray(),
      call,
    )
    return ended.map(({ _id }) => String(_id))
  }

  async acquireLease(lease: Lease, call?: StoreCall): Promise<boolean> {
    if (this.#isOver(lease)) return false
    const { name: _id, token, expiresAt } = lease
    const free = { _id, $or: [{ expiresAt: { $lte: this.#clock.now() } }, { token }] }
    const taken = await this.#collections.runUpsert(
      ({ leases }, options) =>
        leases.replaceOne(
          free,
          { _id, token, expiresAt, ...removalOf(expiresAt) },
          { ...options, upsert: true },
        ),
      call,
    )
    return taken !== undefined
  }

  async holdsLease({ name: _id, token }: Lease, call?: StoreCall): Promise<boolean> {
    const held = { _id, token, expiresAt: { $gt: this.#clock.now() } }
    const found = await this.#collections.run(
      ({ leases }, options) => leases.find(held, options).toArray(),
      call,
    )
    return found.length === 1
  }

  async releaseLease({ name: _id, token }: Lease, call?: StoreCall): Promise<void> {
    await this.#collections.run(({ leases }, options) => leases.deleteOne({ _id, token }, options), call)
  }

  findForeign(id: string, call?: StoreCall): Promise<ForeignSession | undefined> {
    return this.#old.find(id, this.#clock.now(), call)
  }

  /** The record is written first, so that a visitor stays signed in if the second step fails. */
  async takeOver({ id, foreign, record }: TakeOver, call?: StoreCall): Promise<boolean> {
    if (!(await this.create(record, call))) return false
    if (await this.#old.remove(id, foreign, call)) return true
    // The other software wrote the session in between, or ended it. The caller reads it again.
    await this.delete(record.key, call)
    return false
  }

  forgetForeign(id: string, call?: StoreCall): Promise<void> {
    return this.#old.forget(id, call)
  }

  /** Closes the client that `openStore` has made. A client that the application has handed in stays open. */
  async close(): Promise<void> {
    await this.#end?.()
  }

  #live(key: string): Document {
    return { _id: key, expiresAt: { $gt: this.#clock.now() } }
  }

  #isOver({ expiresAt }: { readonly expiresAt: number }): boolean {
    return expiresAt <= this.#clock.now()
  }
}
