import type { StoreCall } from '../../core/record/store.ts'
import { isError } from '../../core/report/errors.ts'
import type { Clock } from '../../core/time/clock.ts'
import { type Client, type OperationOptions, openedBy } from './client.ts'
import type { CheckedOptions } from './options.ts'
import { type Places, SettingUp } from './setting-up.ts'
import { troubleOf } from './trouble.ts'

const duplicate = 11_000

/**
 * Every write is known to a majority before it is answered, every read asks the primary, and documents are what they are
 * by the driver's own defaults, whatever the application has chosen for its client.
 */
const careful = {
  readConcern: { level: 'majority' },
  readPreference: 'primary',
  writeConcern: { w: 'majority' },
  ignoreUndefined: false,
  promoteBuffers: false,
  promoteLongs: true,
  promoteValues: true,
  useBigInt64: false,
}

/** What is done in the collections of a store. */
export type Work<Answer> = (places: Places, options: OperationOptions) => Promise<Answer>

/** Runs the operations of a store, on the client that the application has open at that moment. */
export class Collections {
  /** The name of the collection of epochs. */
  readonly epochsName: string
  readonly #options: CheckedOptions
  readonly #clock: Clock
  #client: Client | undefined
  #settingUp: SettingUp | undefined

  constructor(options: CheckedOptions) {
    this.#options = options
    this.#clock = options.clock
    this.epochsName = `${options.prefix}_epochs`
  }

  /** Runs an operation, which ends when its caller stops waiting. */
  async run<Answer>(work: Work<Answer>, call: StoreCall | undefined): Promise<Answer> {
    try {
      const places = await (await this.#place()).done()
      call?.throwIfOver()
      return await work(
        places,
        call === undefined ? {} : { timeoutMS: Math.max(1, call.deadline - this.#clock.now()) },
      )
    } catch (error) {
      throw troubleOf(error)
    }
  }

  /** The same for an upsert. Answers undefined if a document is there that it does not match. */
  runUpsert<Answer>(work: Work<Answer>, call: StoreCall | undefined): Promise<Answer | undefined> {
    return this.run(async (places, options) => {
      try {
        return await work(places, options)
      } catch (error) {
        if (isError(error) && 'code' in error && error.code === duplicate) return undefined
        throw error
      }
    }, call)
  }

  /** Another client may have another server. */
  async #place(): Promise<SettingUp> {
    const { dbName, prefix, adoptCollection } = this.#options
    const { client, name } = await openedBy(this.#options.client)
    if (this.#settingUp !== undefined && client === this.#client) return this.#settingUp
    const database = client.db(dbName ?? name, careful)
    this.#client = client
    this.#settingUp = new SettingUp(database, {
      sessions: database.collection(`${prefix}_sessions`),
      epochs: database.collection(this.epochsName),
      leases: database.collection(`${prefix}_leases`),
      old: database.collection(adoptCollection),
    })
    return this.#settingUp
  }
}
