import type { EnumeratingStore, MaybePromise, SubjectStore } from '../core/record/store.ts'
import { SojournError } from '../core/report/errors.ts'
import { type LmdbPackage, lmdbStore } from './lmdb.ts'
import { memoryStore } from './memory.ts'
import { openRedis } from './redis/open.ts'
import { folderOf, optionsOf, parseStoreUrl, type StoreUrl, withoutQuoting } from './store-url.ts'

/** A store of Sojourn's that was opened by its URL. */
export interface OpenedStore extends EnumeratingStore, SubjectStore {
  /**
   * Waits until the store can be used, and rejects with what is wrong. It is absent where that is known as soon as
   * the store is open: `await store.ready?.()`.
   */
  ready?(): Promise<void>
  /** Lets go of what was opened with it: a file, a connection, a timer. */
  close(): MaybePromise<void>
}

/** Packages that an application hands in, because it is bundled: `openStore(url, { redis })`. */
export interface StoreDrivers {
  /** `import * as lmdb from 'lmdb'` */
  readonly lmdb?: LmdbPackage
  /** `import * as redis from 'redis'` */
  readonly redis?: object
  /** `import * as ioredis from 'ioredis'` */
  readonly ioredis?: object
}

/** How the stores of one scheme are opened. */
interface Scheme {
  /** The package that has to be installed for it; undefined where none is needed. */
  readonly driver: string | undefined
  open(url: StoreUrl, drivers: StoreDrivers): OpenedStore
}

const redisSchemes = ['redis', 'rediss'].flatMap(scheme => [
  scheme,
  `${scheme}+sentinel`,
  `${scheme}+cluster`,
])
const schemes: ReadonlyMap<string, Scheme> = new Map<string, Scheme>([
  ['lmdb', { driver: 'lmdb', open: openLmdb }],
  ['memory', { driver: undefined, open: openMemory }],
  ...redisSchemes.map(scheme => [scheme, { driver: 'redis', open: openServers }] as const),
])

/**
 * Opens the store of a URL: `memory:`, `lmdb:` and the path of a folder, or the address of a server of Redis or Valkey.
 * Options follow as parameters. So a
 * deployment moves to another store by one line of its environment. The package of a store is loaded where none is
 * handed in.
 *
 * @throws SojournError `OPTION_INVALID` for an unknown scheme or parameter, without quoting any part of the URL, which may
 * be a password; and what the store itself throws when it is made.
 * @example openStore(process.env.SESSION_STORE ?? 'lmdb:./data/sessions?durability=committed')
 */
export function openStore(url: string, drivers: StoreDrivers = {}): OpenedStore {
  const parsed = parseStoreUrl(url)
  const scheme = schemes.get(parsed.scheme)
  if (scheme === undefined) throw unknownScheme()
  return withoutQuoting(parsed, () => scheme.open(parsed, drivers))
}

function openLmdb(url: StoreUrl, { lmdb }: StoreDrivers): OpenedStore {
  const options = optionsOf(url, ['durability', 'sweepPerCreate'])
  return lmdbStore({ path: folderOf(url), ...options, ...(lmdb === undefined ? {} : { lmdb }) })
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
