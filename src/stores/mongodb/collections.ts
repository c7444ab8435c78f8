import type { StoreCall } from '../../core/record/store.ts'
import { isError, SojournError } from '../../core/report/errors.ts'
import { unlessOver } from '../unless-over.ts'
import { type Collection, databaseOf, type OperationOptions } from './client.ts'
import type { CheckedOptions } from './options.ts'
import { troubleOf } from './trouble.ts'

/** The oldest version that the store is made for. */
const oldestVersion = 6
/** How much later than by our clock the server removes a document: the two clocks differ. */
const graceSeconds = 60
const duplicate = 11_000
/** An index with these keys or this name has other options. */
const otherIndex: ReadonlySet<unknown> = new Set([85, 86])

/** Every write is known to a majority before it is answered, and every read asks the primary. */
const careful = {
  readConcern: { level: 'majority' },
  readPreference: 'primary',
  writeConcern: { w: 'majority' },
}

/** The collections of a store. */
export interface Opened {
  readonly sessions: Collection
  readonly epochs: Collection
  readonly leases: Collection
  /** Where connect-mongo has its sessions. */
  readonly old: Collection
}

type Work<Answer> = (opened: Opened, options: OperationOptions) => Promise<Answer>

/**
 * Opens the collections before the first operation, because Mongoose has no client before it connects. Makes their indexes,
 * and tries again at the next operation if that fails.
 */
export class Collections {
  /** The name of the collection of epochs. */
  readonly epochsName: string
  readonly #options: CheckedOptions
  #opened: Opened | undefined
  #opening: Promise<Opened> | undefined

  constructor(options: CheckedOptions) {
    this.#options = options
    this.epochsName = `${options.prefix}_epochs`
  }

  /** Runs an operation, which ends when its caller stops waiting. */
  async run<Answer>(work: Work<Answer>, call: StoreCall | undefined): Promise<Answer> {
    try {
      const opened = this.#opened ?? (await unlessOver(call, this.#open()))
      call?.throwIfOver()
      const left = call && Math.max(1, call.deadline - this.#options.clock.now())
      return await work(opened, left === undefined ? {} : { timeoutMS: left })
    } catch (error) {
      throw troubleOf(error)
    }
  }

  /** The same for an upsert. Answers undefined if a document is there that it does not match. */
  runUpsert<Answer>(work: Work<Answer>, call: StoreCall | undefined): Promise<Answer | undefined> {
    const unlessTaken: Work<Answer | undefined> = async (opened, options) => {
      try {
        return await work(opened, options)
      } catch (error) {
        if (codeOf(error) === duplicate) return undefined
        throw error
      }
    }
    return this.run(unlessTaken, call)
  }

  #open(): Promise<Opened> {
    this.#opening ??= this.#openNow().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #openNow(): Promise<Opened> {
    const { client, dbName, prefix, adoptCollection } = this.#options
    const database = await databaseOf(client, dbName)
    const { version } = await database.command({ buildInfo: 1 })
    if (Number.parseInt(String(version), 10) < oldestVersion)
      throw new SojournError(
        'STORE_UNUSABLE',
        `Expected a server of MongoDB ${oldestVersion} or newer for the mongodb store, got version ${version}.`,
      )
    const named = (name: string): Collection => database.collection(name, careful)
    const opened = {
      sessions: named(`${prefix}_sessions`),
      epochs: named(this.epochsName),
      leases: named(`${prefix}_leases`),
      old: named(adoptCollection),
    }
    const { sessions, epochs, leases } = opened
    const removal = { expireAfterSeconds: graceSeconds }
    const ofSubject = { partialFilterExpression: { subject: { $exists: true } } }
    await Promise.all([
      ...[sessions, epochs, leases].map(each => this.#makeIndex(each, 'removeAt', removal)),
      this.#makeIndex(sessions, 'subject', ofSubject),
    ])
    this.#opened = opened
    return opened
  }

  async #makeIndex(collection: Collection, field: string, options: object): Promise<void> {
    try {
      await collection.createIndex({ [field]: 1 }, { ...options })
    } catch (error) {
      if (!otherIndex.has(codeOf(error))) throw error
      const name = Reflect.get(collection, 'collectionName')
      throw new SojournError(
        'STORE_UNUSABLE',
        `Expected the index on \`${field}\` of the collection \`${name}\` to be one of Sojourn, but it has other options. Remove it: db.getCollection('${name}').dropIndex('${field}_1')`,
      )
    }
  }
}

function codeOf(error: unknown): unknown {
  return isError(error) && 'code' in error ? error.code : undefined
}
