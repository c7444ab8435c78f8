import { driverError, loadDriver } from '../driver.ts'
import { whileOpening } from './trouble.ts'

/** A value that a statement takes. */
export type SqliteValue = string | number | null | Uint8Array

/** The part of a statement that the store uses. It is the same in `node:sqlite` and in `better-sqlite3`. */
export interface SqliteStatement {
  get(...values: SqliteValue[]): { readonly [column: string]: unknown } | undefined
  all(...values: SqliteValue[]): readonly { readonly [column: string]: unknown }[]
  run(...values: SqliteValue[]): { readonly changes: number | bigint }
}

/** A connection of `node:sqlite` (`DatabaseSync`) or of `better-sqlite3`. */
export interface SqliteDatabase {
  prepare(text: string): SqliteStatement
  exec(text: string): unknown
}

interface ClosableDatabase extends SqliteDatabase {
  close(): void
}

/** What the two packages offer to open a file. */
interface NodeSqlite {
  DatabaseSync: new (path: string) => ClosableDatabase
}
type BetterSqlite = new (path: string) => ClosableDatabase

/** What to open: a file, or the database that the application hands in. */
export interface Opening {
  readonly database: SqliteDatabase | undefined
  readonly path: string
  readonly durability: 'flushed' | 'committed'
}

/** A database, and how to close it. */
export interface Opened {
  readonly database: SqliteDatabase
  close(): void
}

/**
 * How long a statement waits for other processes, which SQLite serves in no order: less than the core's deadline for a store
 * call. It blocks this process meanwhile, and no statement of the store takes long.
 */
const busyMs = 4000

/**
 * Opens a database, or takes the one that the application hands in.
 *
 * @throws SojournError `DRIVER_MISSING`, `STORE_UNUSABLE`
 */
export function openDatabase({ database, path, durability }: Opening): Opened {
  if (database !== undefined) return { database, close: () => undefined }
  const opened = whileOpening(() => openFile(path))
  const synchronous = durability === 'flushed' ? 'FULL' : 'NORMAL'
  whileOpening(() =>
    opened.exec(
      `PRAGMA busy_timeout = ${busyMs}; PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`,
    ),
  )
  let isOpen = true
  const close = (): void => {
    if (isOpen) opened.close()
    isOpen = false
  }
  return { database: opened, close }
}

function openFile(path: string): ClosableDatabase {
  const builtIn: Partial<NodeSqlite> | undefined = process.getBuiltinModule?.('node:sqlite')
  if (builtIn?.DatabaseSync !== undefined) return new builtIn.DatabaseSync(path)
  const Database = loadDriver('sqlite', 'better-sqlite3') as BetterSqlite
  try {
    return new Database(path)
  } catch (error) {
    // The package loads its binary when the first database is opened.
    if (/Could not locate the bindings file|NODE_MODULE_VERSION/.test(String(error)))
      throw driverError('sqlite', 'better-sqlite3', error)
    throw error
  }
}

/** Tells whether a value is a connection that the store can use. */
export function isDatabase(value: unknown): boolean {
  const { prepare, exec } = Object(value)
  return typeof prepare === 'function' && typeof exec === 'function'
}
