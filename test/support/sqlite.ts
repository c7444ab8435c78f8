import { createRequire } from 'node:module'
import { describe } from 'vitest'
import type { SqliteDatabase } from '../../src/stores/sqlite.ts'

/** A connection that a test has opened. */
export interface OpenDatabase extends SqliteDatabase {
  close(): void
}

type OpenFile = new (path: string) => OpenDatabase

/** The drivers of SQLite that this Node has, by the names of their packages. */
export const sqliteDrivers: readonly (readonly [name: string, open: (path: string) => OpenDatabase])[] = [
  ['node:sqlite', builtIn()],
  ['better-sqlite3', installed('better-sqlite3')],
].flatMap(([name, Database]) =>
  Database === undefined ? [] : [[name as string, path => new (Database as OpenFile)(path)] as const],
)

/** Describes tests for a Node that has SQLite itself. `npm test` runs them on one, whichever runs the others. */
export const describeSqlite = describe.skipIf(builtIn() === undefined)

function builtIn(): OpenFile | undefined {
  const found: { DatabaseSync?: unknown } | undefined = process.getBuiltinModule?.('node:sqlite')
  return found?.DatabaseSync as OpenFile | undefined
}

function installed(name: string): OpenFile | undefined {
  try {
    return createRequire(import.meta.url)(name)
  } catch {
    return undefined
  }
}
