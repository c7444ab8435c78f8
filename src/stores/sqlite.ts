import type {
  Activity,
  AdoptingStore,
  EnumeratingStore,
  EpochExchange,
  ForeignSession,
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
  TakeOver,
} from '../core/record/store.ts'
import type { Clock } from '../core/time/clock.ts'
import { deviceText, endOf, flatten, never, subjectHash } from './flat-record.ts'
import { epochIn, recordIn } from './sql/rows.ts'
import { openDatabase } from './sqlite/database.ts'
import { checkedOptions, type SqliteStoreOptions } from './sqlite/options.ts'
import { Prepared } from './sqlite/prepared.ts'
import { setUp } from './sqlite/schema.ts'
import { type StatementName, statementsFor } from './sqlite/statements.ts'

export type { SqliteDatabase, SqliteStatement, SqliteValue } from './sqlite/database.ts'
export type { SqliteStoreOptions } from './sqlite/options.ts'

/** How many records a stream reads at once: an open cursor would keep the file from being tidied. */
const pageSize = 100

/**
 * Makes a store that keeps records in an SQLite database: one file that every process of the machine can open, and any
 * tool can look into.
 *
 * @throws SojournError `OPTION_INVALID`, `DRIVER_MISSING`, and `STORE_UNUSABLE` for a database that cannot be used.
 * @example session({ secret, store: sqliteStore({ path: './data/sessions.db' }) })
 */
export function sqliteStore(options: SqliteStoreOptions): SqliteRecords {
  return new SqliteRecords(options)
}

/** Records in an SQLite database. Each method is one statement, which SQLite runs as one step, whichever process asks. */
export class SqliteRecords
  implements EnumeratingStore, SweepingStore, SubjectStore, LeasingStore, AdoptingStore
{
  readonly name: string = 'sqlite'
  readonly traits: StoreTraits = { readsAtOnce: true }
  readonly adoptsUntil: number | undefined
  readonly #clock: Clock
  readonly #sql: Prepared<StatementName>
  readonly #closing = new AbortController()
  /** Closes the database that the store has opened. */
  readonly #close: () => void

  /** @throws SojournError `OPTION_INVALID`, `DRIVER_MISSING`, `STORE_UNUSABLE` */
  constructor(options: SqliteStoreOptions) {
    const checked = checkedOptions(options)
    this.#clock = checked.clock
    this.adoptsUntil = checked.adoptsUntil
    const { database, close } = openDatabase(checked)
    this.#close = close
    setUp(database, checked.prefix)
    this.#sql = new Prepared(database, statementsFor(checked))
  }

  get closed(): AbortSignal {
    return this.#closing.signal
  }

  create(record: SessionRecord): boolean {
    if (this.#isOver(record)) return this.#find(record.key) === undefined
    return this.#sql.change('create', { ...flatten(record), now: this.#clock.now() }) === 1
  }

  load(key: string): LoadedRecord | undefined {
    const row = this.#sql.first('load', { key, now: this.#clock.now() })
    if (row === undefined) return undefined
    const record = recordIn(row)
    return record.subject === undefined ? record : { ...record, subjectEpoch: epochIn(row) }
  }

  replace(record: SessionRecord, expected: number): Replacement {
    const values = { ...flatten(record), expected, now: this.#clock.now() }
    for (;;) {
      if (this.#sql.change('replace', values) === 1) return 'replaced'
      const found = this.#find(record.key)
      // Another process may have put this version there in between.
      if (found?.version !== expected) return found ?? 'gone'
    }
  }

  touch(key: string, activity: Activity): boolean {
    const { touchedAt: touched, device } = activity
    const values = { key, touched, ends: endOf(activity), device: deviceText(device), now: this.#clock.now() }
    return this.#sql.change('touch', values) === 1
  }

  delete(key: string): boolean {
    return this.#sql.change('delete', { key, now: this.#clock.now() }) === 1
  }

  *records(): Generator<SessionRecord> {
    let after: string | undefined = ''
    while (after !== undefined) {
      const page: readonly SessionRecord[] = this.#sql
        .all('page', { after, limit: pageSize, now: this.#clock.now() })
        .map(recordIn)
      yield* page
      after = page.at(-1)?.key
    }
  }

  ofSubject(subject: string): SubjectListing {
    const rows = this.#sql.all('ofSubject', { subject: subjectHash(subject), now: this.#clock.now() })
    return { sessions: rows.map(recordIn), epoch: this.epochOf(subject) }
  }

  epochOf(subject: string): SubjectEpoch | undefined {
    return epochIn(this.#sql.first('epochOf', { subject: subjectHash(subject), now: this.#clock.now() }))
  }

  exchangeEpoch({ subject, next, expected }: EpochExchange): number | undefined {
    if (this.#isOver(next)) return next.epoch
    const row = this.#sql.first('exchangeEpoch', {
      subject: subjectHash(subject),
      epoch: next.epoch,
      spared: next.except ?? null,
      ends: endOf(next),
      expected: expected ?? null,
      now: this.#clock.now(),
    })
    return epochIn(row)?.epoch
  }

  endBelow(subject: string, { epoch, except }: SubjectEpoch): readonly string[] {
    const values = { subject: subjectHash(subject), epoch, spared: except ?? null, now: this.#clock.now() }
    return this.#sql.all('endBelow', values).map(({ key }) => String(key))
  }

  acquireLease(lease: Lease): boolean {
    if (this.#isOver(lease)) return false
    const { name, token } = lease
    return this.#sql.change('acquireLease', { name, token, ends: endOf(lease), now: this.#clock.now() }) === 1
  }

  holdsLease({ name, token }: Lease): boolean {
    return this.#sql.first('holdsLease', { name, token, now: this.#clock.now() }) !== undefined
  }

  releaseLease({ name, token }: Lease): void {
    this.#sql.change('releaseLease', { name, token })
  }

  sweep(limit: number, by: number = this.#clock.now()): Sweep {
    const values = { by, limit: Math.min(limit, never) }
    const removed = this.#sql.change('sweep', values)
    this.#sql.change('sweepEpochs', values)
    this.#sql.change('sweepLeases', values)
    const { ends } = this.#sql.first('firstEnd', {}) ?? {}
    return { removed, nextAt: typeof ends === 'number' && ends !== never ? ends : undefined }
  }

  findForeign(id: string): ForeignSession | undefined {
    const { text, ends } = this.#sql.first('findForeign', { id, now: this.#clock.now() }) ?? {}
    return text === undefined ? undefined : { text: String(text), expiresAt: Number(ends) }
  }

  takeOver({ id, foreign, record }: TakeOver): boolean {
    return this.#sql.inTransaction(
      () => this.#sql.change('removeForeign', { id, text: foreign.text }) === 1 && this.create(record),
    )
  }

  forgetForeign(id: string): void {
    this.#sql.change('forgetForeign', { id })
  }

  /** Closes the database that the store has opened. One that the application has handed in stays open. */
  close(): void {
    this.#closing.abort()
    this.#close()
  }

  #find(key: string): SessionRecord | undefined {
    const row = this.#sql.first('load', { key, now: this.#clock.now() })
    return row && recordIn(row)
  }

  #isOver({ expiresAt }: { readonly expiresAt: number }): boolean {
    return expiresAt <= this.#clock.now()
  }
}
