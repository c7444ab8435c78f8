import type { StoreCall } from '../../core/record/store.ts'
import { isError, SojournError } from '../../core/report/errors.ts'
import type { Clock } from '../../core/time/clock.ts'
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

/** The collections of a store. Its indexes are made before the first operation, and again until that has worked. */
export class Collections {
  readonly sessions: Collection
  readonly epochs: Collection
  readonly leases: Collection
  /** Where connect-mongo has its sessions. */
  readonly old: Collection
  /** The name of the collection of epochs. */
  readonly epochsName: string
  readonly #options: CheckedOptions
  readonly #clock: Clock
  #isSetUp = false
  #settingUp: Promise<void> | undefined

  constructor(options: CheckedOptions) {
    const { client, dbName, prefix, adoptCollection, clock } = options
    const database = databaseOf(client, dbName)
    this.#options = options
    this.#clock = clock
    this.epochsName = `${prefix}_epochs`
    this.sessions = database.collection(`${prefix}_sessions`, careful)
    this.epochs = database.collection(this.epochsName, careful)
    this.leases = database.collection(`${prefix}_leases`, careful)
    this.old = database.collection(adoptCollection, careful)
  }

  /** Runs an operation, which ends when its caller stops waiting. */
  async run<Answer>(
    work: (options: OperationOptions) => Promise<Answer>,
    call: StoreCall | undefined,
  ): Promise<Answer> {
    try {
      if (!this.#isSetUp) await this.#setUp()
      call?.throwIfOver()
      return await work(
        call === undefined ? {} : { timeoutMS: Math.max(1, call.deadline - this.#clock.now()) },
      )
    } catch (error) {
      throw troubleOf(error)
    }
  }

  /** The same for an upsert. Answers undefined if a document is there that it does not match. */
  runUpsert<Answer>(
    work: (options: OperationOptions) => Promise<Answer>,
    call: StoreCall | undefined,
  ): Promise<Answer | undefined> {
    return this.run(async options => {
      try {
        return await work(options)
      } catch (error) {
        if (codeOf(error) === duplicate) return undefined
        throw error
      }
    }, call)
  }

  #setUp(): Promise<void> {
    this.#settingUp ??= this.#makeIndexes().finally(() => {
      this.#settingUp = undefined
    })
    return this.#settingUp
  }

  async #makeIndexes(): Promise<void> {
    const database = databaseOf(this.#options.client, this.#options.dbName)
    const { version } = await database.command({ buildInfo: 1 })
    if (Number.parseInt(String(version), 10) < oldestVersion)
      throw new SojournError(
        'STORE_UNUSABLE',
        `Expected a server of MongoDB ${oldestVersion} or newer for the mongodb store, got version ${version}.`,
      )
    const removal = { expireAfterSeconds: graceSeconds }
    const ofSubject = { partialFilterExpression: { subject: { $exists: true } } }
    await Promise.all([
      ...[this.sessions, this.epochs, this.leases].map(each => this.#makeIndex(each, 'removeAt', removal)),
      this.#makeIndex(this.sessions, 'subject', ofSubject),
    ])
    this.#isSetUp = true
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
