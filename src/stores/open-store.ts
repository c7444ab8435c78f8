import type { EnumeratingStore, MaybePromise, SubjectStore } from '../core/record/store.ts'
import { SojournError } from '../core/report/errors.ts'
import { type LmdbPackage, lmdbStore } from './lmdb.ts'
import { memoryStore } from './memory.ts'
import { openMongo } from './mongodb/open.ts'
import { openMysql } from './mysql/open.ts'
import { openPostgres } from './postgres/open.ts'
import { openRedis } from './redis/open.ts'
import { sqliteStore } from './sqlite.ts'
import { folderOf, optionsOf, parseStoreUrl, type StoreUrl, withoutQuoting } from './store-url.ts'

/** A store that `openStore` has opened. */
export interface OpenedStore extends EnumeratingStore, SubjectStore {
  /**
   * Waits until the store can be used, and rejects with what is wrong. Stores that are ready as soon as they are open
   * do not have it: `await store.ready?.()`.
   */
  ready?(): Promise<void>
  /** Closes what the store has opened: its file, connection or timer. */
  close(): MaybePromise<void>
}

/** Packages that a bundled application hands in: `openStore(url, { redis })`. */
export interface StoreDrivers {
  /** `import * as lmdb from 'lmdb'` */
  readonly lmdb?: LmdbPackage
  /** `import * as mongodb from 'mongodb'` */
  readonly mongodb?: object
  /** `import * as mysql2 from 'mysql2/promise'` */
  readonly mysql2?: object
  /** `import pg from 'pg'` */
  readonly pg?: object
  /** `import * as redis from 'redis'` */
  readonly redis?: object
  /** `import * as ioredis from 'ioredis'` */
  readonly ioredis?: object
}

/** How to open the stores of one URL scheme. */
interface Scheme {
  /** The package that it needs; undefined where it needs none. */
  readonly driver: string | undefined
  open(url: StoreUrl, drivers: StoreDrivers): OpenedStore
}

const redisSchemes = ['redis', 'rediss'].flatMap(scheme => [
  scheme,
  `${scheme}+sentinel`,
  `${scheme}+cluster`,
])
const postgres: Scheme = { driver: 'pg', open: (url, { pg }) => openPostgres(url, pg) }
const mongo: Scheme = { driver: 'mongodb', open: (url, { mongodb }) => openMongo(url, mongodb) }
const mysql: Scheme = { driver: 'mysql2', open: (url, { mysql2 }) => openMysql(url, mysql2) }
const schemes: ReadonlyMap<string, Scheme> = new Map<string, Scheme>([
  ['lmdb', { driver: 'lmdb', open: openLmdb }],
  ['memory', { driver: undefined, open: openMemory }],
  ['sqlite', { driver: undefined, open: openSqlite }],
  ['mongodb', mongo],
  ['mongodb+srv', mongo],
  ['postgres', postgres],
  ['postgresql', postgres],
  ['mysql', mysql],
  ['mariadb', mysql],
  ...redisSchemes.map(scheme => [scheme, { driver: 'redis', open: openServers }] as const),
])

/**
 * Opens the store that a URL names: `memory:`, `lmdb:` and the path of a folder, `sqlite:` and the path of a file, or the
 * address of a server of MongoDB, PostgreSQL, MySQL, MariaDB, Redis or Valkey. The store's options follow as parameters, so that a
 * deployment moves to another store with one line of its environment. The package of the store is loaded unless the
 * application hands it in.
 *
 * @throws SojournError `OPTION_INVALID` for an unknown scheme or parameter; the message quotes no part of the URL, which
 * may be a password. Also whatever the store itself throws when it is made.
 * @example openStore(process.env.SESSION_STORE ?? 'lmdb:./data/sessions?durability=committed')
 */
export function openStore(url: string, drivers: StoreDrivers = {}): OpenedStore {
  const parsed = parseStoreUrl(url)
  const scheme = schemes.get(parsed.scheme)
  if (scheme === undefined) throw unknownScheme()
  return withoutQuoting(parsed, () => scheme.open(parsed, drivers))
}

function openLmdb(url: StoreUrl, { lmdb }: StoreDrivers): OpenedStore {
  const options = optionsOf(url, ['durability'])
  return lmdbStore({ path: folderOf(url), ...options, ...(lmdb === undefined ? {} : { lmdb }) })
}

function openSqlite(url: StoreUrl): OpenedStore {
  return sqliteStore({ path: folderOf(url), ...optionsOf(url, ['durability', 'prefix']) })
}

function openServers(url: StoreUrl, drivers: StoreDrivers): OpenedStore {
  return openRedis(url, drivers)
}

function openMemory(url: StoreUrl): OpenedStore {
  if (url.place === '') return memoryStore(optionsOf(url, ['maxRecords', 'maxBytes']))
  throw new SojournError(
    'OPTION_INVALID',
    'Expected nothing but parameters after `memory:` in a store URL, got more.',
  )
}

function unknownScheme(): SojournError {
  const known = [...schemes].map(([name, { driver }]) =>
    driver === undefined ? `\`${name}:\`` : `\`${name}:\` (npm install ${driver})`,
  )
  return new SojournError(
    'OPTION_INVALID',
    `Expected a store URL that begins with ${known.join(' or ')}, got one that begins otherwise.`,
  )
}
