import { isError, SojournError } from '../core/report/errors.ts'

/** The database drivers that the stores use. */
export type DriverName = 'lmdb' | 'redis' | 'ioredis' | 'better-sqlite3' | 'mongodb' | 'mysql2' | 'pg'

/**
 * Loads the driver of a store. It is loaded when the store is made and not before, so that an application needs only
 * the drivers of the stores that it uses.
 *
 * @throws SojournError `DRIVER_MISSING` when the package is not installed, or cannot be loaded.
 */
export function loadDriver(store: string, name: DriverName): unknown {
  try {
    // A bundler finds a package only by a literal name, and tolerates a missing one only inside `try`.
    switch (name) {
      case 'lmdb':
        return require('lmdb')
      case 'redis':
        return require('redis')
      case 'ioredis':
        return require('ioredis')
      case 'mongodb':
        return require('mongodb')
      case 'mysql2':
        return require('mysql2/promise')
      case 'pg':
        return require('pg')
      case 'better-sqlite3':
        return require('better-sqlite3')
    }
  } catch (cause) {
    throw driverError(store, name, cause)
  }
}

/** The error for a driver that was not loaded, with the reason and what to do about it. */
export function driverError(store: string, name: DriverName, cause: unknown): SojournError {
  const message = `Expected the package \`${name}\` for the ${store} store, but ${problemOf(cause, name)}`
  return new SojournError('DRIVER_MISSING', message, { cause })
}

function problemOf(cause: unknown, name: DriverName): string {
  if (isNotInstalled(cause, name)) return `it is not installed. Run: npm install ${name}`
  if (isWithoutRequire(cause)) return `this bundle cannot load packages. ${handingIn[name]}`
  return `it cannot be loaded. See \`cause\`. Run: npm install ${name}`
}

const handingIn: { readonly [name in DriverName]: string } = {
  lmdb: "Import it and hand it in: import * as lmdb from 'lmdb', and lmdbStore({ path, lmdb })",
  redis: "Import it and hand it in: import * as redis from 'redis', and openStore(url, { redis })",
  ioredis: "Import it and hand it in: import * as ioredis from 'ioredis', and openStore(url, { ioredis })",
  mongodb: 'Make the client yourself and hand it in: mongoStore({ client })',
  mysql2: 'Make the pool yourself and hand it in: mysqlStore({ pool })',
  pg: 'Make the pool yourself and hand it in: postgresStore({ client: pool })',
  'better-sqlite3':
    'Open the database yourself and hand it in: sqliteStore({ database: new Database(path) })',
}

/** Node puts the name of the package in quotes. Yarn's Plug'n'Play writes `… tried to access NAME …`. */
function isNotInstalled(error: unknown, name: string): boolean {
  const isNotFound = isError(error) && 'code' in error && error.code === 'MODULE_NOT_FOUND'
  return isNotFound && (error.message.includes(`'${name}'`) || error.message.includes(`access ${name} `))
}

/** An ES module bundle has no `require`; esbuild puts a function there that throws. */
function isWithoutRequire(error: unknown): boolean {
  return isError(error) && /require is not defined|Dynamic require of/.test(error.message)
}
