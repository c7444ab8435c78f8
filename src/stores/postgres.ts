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
  Sweep,
  SweepingStore,
  TakeOver,
  Touch,
} from '../core/record/store.ts'
import type { Clock } from '../core/time/clock.ts'
import { deviceText, endOf, flatten, subjectHash } from './flat-record.ts'
import { type Answer, Connections, type PostgresValue } from './postgres/connection.ts'
import { checkedOptions, type PostgresStoreOptions } from './postgres/options.ts'
import { SettingUp } from './postgres/setting-up.ts'
import { type StatementName, schemaFor, statementsFor } from './postgres/statements.ts'
import { unusable } from './postgres/trouble.ts'
import { epochIn, recordIn, textIn } from './sql/rows.ts'

export type { PostgresClient, PostgresQuery } from './postgres/connection.ts'
export type { PostgresStoreOptions } from './postgres/options.ts'

/** How many records a stream reads at once. */
const pageSize = 100
const largestSweep = 10_000

/**
 * Makes a store that keeps records in PostgreSQL, through the application's own pool.
 *
 * @throws SojournError `OPTION_INVALID`
 * @example session({ secret, store: postgresStore({ client: new Pool() }) })
 */
export function postgresStore(options: PostgresStoreOptions): PostgresRecords {
  return new PostgresRecords(options)
}

/** The statements that make the tables of a store, for an application that runs its migrations itself. */
export function postgresSchema(prefix = 'sojourn'): readonly string[] {
  return schemaFor(prefix)
}

type Values = { readonly [name: string]: PostgresValue }

/** Records in PostgreSQL. Each method is one statement in autocommit, without a name, so that any pooler may stand between. */
export class PostgresRecords
  implements EnumeratingStore, SweepingStore, SubjectStore, LeasingStore, AdoptingStore
{
  readonly name: string = 'postgres'
  readonly adoptsUntil: number | undefined
  readonly #clock: Clock
  readonly #connections: Connections
  readonly #settingUp: SettingUp
  readonly #texts: { readonly [name in StatementName]: string }
  readonly #closing = new AbortController()
  readonly #end: (() => Promise<void>) | undefined

  /** `end` closes the pool that the store has opened. @throws SojournError `OPTION_INVALID` */
  constructor(options: PostgresStoreOptions, end?: () => Promise<void>) {
    const { client, prefix, createTables, clock, adoptsUntil, adoptTable } = checkedOptions(options)
    this.#clock = clock
    this.adoptsUntil = adoptsUntil
    this.#connections = new Connections(client)
    this.#settingUp = new SettingUp(this.#connections, createTables ? schemaFor(prefix) : [])
    this.#texts = statementsFor(prefix, adoptTable)
    this.#end = end
  }

  get closed(): AbortSignal {
    return this.#closing.signal
  }

  /**
   * Waits for the server, makes the tables and looks whether it takes writes. The store works without this call; an
   * application that awaits it learns at startup what is wrong.
   *
   * @throws SojournError `STORE_UNUSABLE`
   */
  async ready(): Promise<void> {
    try {
      await this.#run('load', { key: '' }, undefined)
      await this.#run('delete', { key: '' }, undefined)
    } catch (error) {
      throw unusable(error)
    }
  }

  async create(record: SessionRecord, call?: StoreCall): Promise<boolean> {
    if (this.#isOver(record)) return (await this.#run('isLive', { key: record.key }, call)).count === 0
    return (await this.#run('create', { ...flatten(record) }, call)).count === 1
  }

  async load(key: string, call?: StoreCall): Promise<LoadedRecord | undefined> {
    const [row] = (await this.#run('load', { key }, call)).rows
    if (row === undefined) return undefined
    const record = recordIn(row)
    return record.subject === undefined ? record : { ...record, subjectEpoch: epochIn(row) }
  }

  async replace(record: SessionRecord, expected: number, call?: StoreCall): Promise<Replacement> {
    const [row] = (await this.#run('replace', { ...flatten(record), expected }, call)).rows
    if (row === undefined) return 'gone'
    return Number(row.done) === 1 ? 'replaced' : recordIn(row)
  }

  async touch(key: string, activity: Touch, call?: StoreCall): Promise<boolean> {
    const { touchedAt: touched, device } = activity
    const values = { key, touched, ends: endOf(activity), device: deviceText(device) }
    return (await this.#run('touch', values, call)).count === 1
  }

  async delete(key: string, call?: StoreCall): Promise<boolean> {
    return (await this.#run('delete', { key }, call)).count === 1
  }

  async *records(): AsyncGenerator<SessionRecord> {
    let after: string | undefined = ''
    while (after !== undefined) {
      const { rows }: Answer = await this.#run('page', { after, limit: pageSize }, undefined)
      const page = rows.map(recordIn)
      yield* page
      after = page.at(-1)?.key
    }
  }

  async ofSubject(subject: string, call?: StoreCall): Promise<SubjectListing> {
    const { rows } = await this.#run('ofSubject', { subject: subjectHash(subject) }, call)
    return { sessions: rows.filter(({ key }) => key !== null).map(recordIn), epoch: epochIn(rows[0]) }
  }

  async epochOf(subject: string, call?: StoreCall): Promise<SubjectEpoch | undefined> {
    return epochIn((await this.#run('epochOf', { subject: subjectHash(subject) }, call)).rows[0])
  }

  async exchangeEpoch(
    { subject, next, expected }: EpochExchange,
    call?: StoreCall,
  ): Promise<number | undefined> {
    if (this.#isOver(next)) return next.epoch
    const values = {
      subject: subjectHash(subject),
      epoch: next.epoch,
      spared: next.except ?? null,
      ends: endOf(next),
      expected: expected ?? null,
    }
    return epochIn((await this.#run('exchangeEpoch', values, call)).rows[0])?.epoch
  }

  async endBelow(
    subject: string,
    { epoch, except }: SubjectEpoch,
    call?: StoreCall,
  ): Promise<readonly string[]> {
    const values = { subject: subjectHash(subject), epoch, spared: except ?? null }
    const { rows } = await this.#run('endBelow', values, call)
    return rows.map(row => textIn(row, 'key') ?? '')
  }

  async acquireLease(lease: Lease, call?: StoreCall): Promise<boolean> {
    if (this.#isOver(lease)) return false
    const { name, token } = lease
    return (await this.#run('acquireLease', { name, token, ends: endOf(lease) }, call)).count === 1
  }

  async holdsLease({ name, token }: Lease, call?: StoreCall): Promise<boolean> {
    return (await this.#run('holdsLease', { name, token }, call)).count === 1
  }

  async releaseLease({ name, token }: Lease, call?: StoreCall): Promise<void> {
    await this.#run('releaseLease', { name, token }, call)
  }

  async sweep(limit: number, by: number = this.#clock.now(), call?: StoreCall): Promise<Sweep> {
    const values = { by, limit: Math.min(limit, largestSweep) }
    const [row] = (await this.#run('sweep', values, call)).rows
    await this.#run('sweepEpochs', values, call)
    await this.#run('sweepLeases', values, call)
    const removed = Number(row?.removed)
    return Number(row?.seen) === values.limit ? { removed, nextAt: by } : { removed }
  }

  async findForeign(id: string, call?: StoreCall): Promise<ForeignSession | undefined> {
    const [row] = (await this.#run('findForeign', { id }, call)).rows
    return row && { text: String(row.text), expiresAt: Number(row.ends) }
  }

  async takeOver({ id, foreign, record }: TakeOver, call?: StoreCall): Promise<boolean> {
    const values = { ...flatten(record), id, text: foreign.text }
    const [row] = (await this.#run('takeOver', values, call)).rows
    return Number(row?.kept) === 1
  }

  async forgetForeign(id: string, call?: StoreCall): Promise<void> {
    await this.#run('forgetForeign', { id }, call)
  }

  /** Closes the pool that `openStore` has made. A client that the application has handed in stays open. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#end?.()
  }

  async #run(name: StatementName, values: Values, call: StoreCall | undefined): Promise<Answer> {
    await this.#settingUp.done(call)
    return await this.#connections.run(this.#texts[name], { ...values, now: this.#clock.now() }, call)
  }

  #isOver({ expiresAt }: { readonly expiresAt: number }): boolean {
    return expiresAt <= this.#clock.now()
  }
}
