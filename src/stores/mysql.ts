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
import { type Answer, Connections, type MysqlValue } from './mysql/connection.ts'
import { checkedOptions, type MysqlStoreOptions } from './mysql/options.ts'
import { SettingUp } from './mysql/setting-up.ts'
import { type StatementName, schemaFor, statementsFor } from './mysql/statements.ts'
import { unusable } from './mysql/trouble.ts'
import { epochIn, recordIn, textIn } from './sql/rows.ts'

export type { MysqlPool } from './mysql/connection.ts'
export type { MysqlStoreOptions } from './mysql/options.ts'

/** How many records a stream reads at once. A parameter behind LIMIT is text. */
const pageSize = '100'
const largestSweep = 10_000

/**
 * Makes a store that keeps records in MariaDB or MySQL, through the application's own pool.
 *
 * @throws SojournError `OPTION_INVALID`
 * @example session({ secret, store: mysqlStore({ pool: createPool('mysql://…') }) })
 */
export function mysqlStore(options: MysqlStoreOptions): MysqlRecords {
  return new MysqlRecords(options)
}

/** The statements that make the tables of a store, for an application that runs its migrations itself. */
export function mysqlSchema(prefix = 'sojourn'): readonly string[] {
  return schemaFor(prefix)
}

type Call = StoreCall | undefined
type Values = { readonly [name: string]: MysqlValue }

/** Records in MariaDB or MySQL. Each method is one statement in autocommit, or two where the first finds another row. */
export class MysqlRecords
  implements EnumeratingStore, SweepingStore, SubjectStore, LeasingStore, AdoptingStore
{
  readonly name: string = 'mysql'
  readonly adoptsUntil: number | undefined
  readonly #clock: Clock
  readonly #connections: Connections
  readonly #settingUp: SettingUp
  readonly #texts: { readonly [name in StatementName]: string }
  readonly #closing = new AbortController()
  readonly #end: (() => Promise<void>) | undefined

  /** @throws SojournError `OPTION_INVALID` */
  constructor(options: MysqlStoreOptions, end?: () => Promise<void>) {
    const { pool, prefix, createTables, clock, adoptsUntil, adoptTable } = checkedOptions(options)
    this.#clock = clock
    this.adoptsUntil = adoptsUntil
    this.#connections = new Connections(pool)
    this.#texts = statementsFor(prefix, adoptTable)
    this.#settingUp = new SettingUp(this.#connections, createTables ? schemaFor(prefix) : [])
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
    if (this.#isOver(record)) return !(await this.#isLive(record.key, call))
    const values = { ...flatten(record) }
    if (await this.#insert('insert', values, call)) return true
    return (await this.#run('reuse', values, call)).affected === 1
  }

  async load(key: string, call?: StoreCall): Promise<LoadedRecord | undefined> {
    const [row] = (await this.#run('load', { key }, call)).rows
    if (row === undefined) return undefined
    const record = recordIn(row)
    return record.subject === undefined ? record : { ...record, subjectEpoch: epochIn(row) }
  }

  async replace(record: SessionRecord, expected: number, call?: StoreCall): Promise<Replacement> {
    for (;;) {
      const { affected } = await this.#run('replace', { ...flatten(record), expected }, call)
      if (affected === 1) return 'replaced'
      const found = await this.load(record.key, call)
      // Another process may have put this version there in between.
      if (found?.version !== expected) return found ?? 'gone'
    }
  }

  /** A connection without the flag FOUND_ROWS counts only rows that have changed, so a zero is looked at again. */
  async touch(key: string, activity: Touch, call?: StoreCall): Promise<boolean> {
    const { touchedAt: touched, device } = activity
    const values = { key, touched, ends: endOf(activity), device: deviceText(device) }
    return (await this.#run('touch', values, call)).affected === 1 || (await this.#isLive(key, call))
  }

  async delete(key: string, call?: StoreCall): Promise<boolean> {
    return (await this.#run('delete', { key }, call)).affected === 1
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
    const { epoch, except } = next
    const values = { subject: subjectHash(subject), epoch, spared: except ?? null, ends: endOf(next) }
    if (expected === undefined) return (await this.#run('raiseEpoch', values, call)).number
    const replace = async (): Promise<boolean> =>
      (await this.#run('replaceEpoch', { ...values, expected }, call)).affected > 0
    const insert = (): Promise<boolean> => this.#insert('insertEpoch', values, call)
    // Usually there is an epoch exactly if one is expected.
    const isSet =
      expected === 0 ? (await insert()) || (await replace()) : (await replace()) || (await insert())
    return isSet ? epoch : undefined
  }

  async endBelow(
    subject: string,
    { epoch, except }: SubjectEpoch,
    call?: StoreCall,
  ): Promise<readonly string[]> {
    const values = { subject: subjectHash(subject), epoch, spared: except ?? null }
    const isReturning = await this.#settingUp.done(call)
    const { rows } = await this.#run(isReturning ? 'endBelow' : 'below', values, call)
    const keys = rows.map(row => textIn(row, 'key') ?? '')
    if (isReturning) return keys
    const removed = await Promise.all(keys.map(key => this.delete(key, call)))
    return keys.filter((_key, index) => removed[index])
  }

  async acquireLease(lease: Lease, call?: StoreCall): Promise<boolean> {
    if (this.#isOver(lease)) return false
    const values = { name: lease.name, token: lease.token, ends: endOf(lease) }
    if (await this.#insert('insertLease', values, call)) return true
    await this.#run('renewLease', values, call)
    return await this.holdsLease(lease, call)
  }

  async holdsLease({ name, token }: Lease, call?: StoreCall): Promise<boolean> {
    return (await this.#run('holdsLease', { name, token }, call)).rows.length === 1
  }

  async releaseLease({ name, token }: Lease, call?: StoreCall): Promise<void> {
    await this.#run('releaseLease', { name, token }, call)
  }

  async sweep(limit: number, by: number = this.#clock.now(), call?: StoreCall): Promise<Sweep> {
    const most = Math.min(limit, largestSweep)
    const values = { by, limit: `${most}` }
    const { affected: removed } = await this.#run('sweep', values, call)
    await this.#run('sweepEpochs', values, call)
    await this.#run('sweepLeases', values, call)
    return removed === most ? { removed, nextAt: by } : { removed }
  }

  async findForeign(id: string, call?: StoreCall): Promise<ForeignSession | undefined> {
    const [row] = (await this.#run('findForeign', { id }, call)).rows
    return row && { text: String(row.text), expiresAt: Number(row.ends) }
  }

  /** The record is written first, so that a visitor stays signed in if the second step fails. */
  async takeOver({ id, foreign, record }: TakeOver, call?: StoreCall): Promise<boolean> {
    if (!(await this.create(record, call))) return false
    if ((await this.#run('removeForeign', { id, text: foreign.text }, call)).affected === 1) return true
    // The other software wrote the session in between, or ended it. The caller reads it again.
    await this.delete(record.key, call)
    return false
  }

  async forgetForeign(id: string, call?: StoreCall): Promise<void> {
    await this.#run('forgetForeign', { id }, call)
  }

  /** Closes the pool that `openStore` has made. A pool that the application has handed in stays open. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#end?.()
  }

  async #isLive(key: string, call: Call): Promise<boolean> {
    return (await this.#run('isLive', { key }, call)).rows.length === 1
  }

  async #insert(name: StatementName, values: Values, call: Call): Promise<boolean> {
    await this.#settingUp.done(call)
    return await this.#connections.insert(this.#texts[name], values, call)
  }

  async #run(name: StatementName, values: Values, call: Call): Promise<Answer> {
    await this.#settingUp.done(call)
    return await this.#connections.run(this.#texts[name], { ...values, now: this.#clock.now() }, call)
  }

  #isOver({ expiresAt }: { readonly expiresAt: number }): boolean {
    return expiresAt <= this.#clock.now()
  }
}
