import { SojournError } from '../../core/report/errors.ts'
import type { SqliteDatabase } from './database.ts'
import { tablesFor } from './statements.ts'
import { whileOpening } from './trouble.ts'

const recordColumns = ['key', 'version', 'touched', 'ends', 'device', 'subject', 'epoch', 'facts', 'data']

/**
 * Makes the tables that are missing. Several processes may do so at once.
 *
 * @throws SojournError `STORE_UNUSABLE` for a table of another shape.
 */
export function setUp(database: SqliteDatabase, prefix: string): void {
  const { records, epochs, leases } = tablesFor(prefix)
  whileOpening(() =>
    database.exec(`
CREATE TABLE IF NOT EXISTS ${records} (key TEXT PRIMARY KEY, version INTEGER NOT NULL, touched INTEGER NOT NULL,
  ends INTEGER NOT NULL, device TEXT, subject TEXT, epoch INTEGER NOT NULL, facts TEXT NOT NULL, data BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS "${prefix}_sessions_ends" ON ${records} (ends);
CREATE INDEX IF NOT EXISTS "${prefix}_sessions_subject" ON ${records} (subject) WHERE subject IS NOT NULL;
CREATE TABLE IF NOT EXISTS ${epochs} (subject TEXT PRIMARY KEY, epoch INTEGER NOT NULL, spared TEXT, ends INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS ${leases} (name TEXT PRIMARY KEY, token TEXT NOT NULL, ends INTEGER NOT NULL);
`),
  )
  const found = database.prepare(`SELECT name FROM pragma_table_info(?)`).all(`${prefix}_sessions`)
  const names = found.map(({ name }) => String(name))
  const missing = recordColumns.find(column => !names.includes(column))
  if (missing === undefined) return
  throw new SojournError(
    'STORE_UNUSABLE',
    `Expected the table ${records} to be one of Sojourn, but it has no column \`${missing}\`. Give the store another \`prefix\`, or rename the table: ALTER TABLE ${records} RENAME TO "${prefix}_sessions_old"`,
  )
}
