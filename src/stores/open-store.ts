import type { EnumeratingStore, MaybePromise, SubjectStore } from '../core/record/store.ts'
import { SojournError } from '../core/report/errors.ts'
import { lmdbStore } from './lmdb.ts'
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

/** How the stores of one scheme are opened. */
interface Scheme {
  /** The package that has to be installed for it; undefined where none is needed. */
  readonly driver: string | undefined
  open(url: StoreUrl): OpenedStore
}

const redisSchemes = ['redis', 'rediss'].flatMap(scheme => [
  scheme,
  `${scheme}+sentinel`,
  `${scheme}+cluster`,
])
const schemes: ReadonlyMap<string, Scheme> = new Map<string, Scheme>([
  ['lmdb', { driver: 'lmdb', open: openLmdb }],
  ['memory', { driver: undefined, open: openMemory }],
  ...redisSchemes.map(scheme => [scheme, { driver: 'redis', open: openRedis }] as const),
])

/**
 * Opens the store of a URL: `memory:`, `lmdb:` and the path of a folder, or the address of a server of Redis or Valkey.
 * Options follow as parameters. So a
 * deployment moves to another store by one line of its environment.
 *
 * @throws SojournError `OPTION_INVALID` for an unknown scheme or parameter, without quoting any part of the URL, which may
 * be a password; and what the store itself throws when it is made.
 * @example openStore(process.env.SESSION_STORE ?? 'lmdb:./data/sessions?durability=committed')
 */
export function openStore(url: string): OpenedStore {
  const parsed = parseStoreUrl(url)
  const scheme = schemes.get(parsed.scheme)
  if (scheme === undefined) throw unknownScheme()
  return withoutQuoting(parsed, () => scheme.open(parsed))
}

function openLmdb(url: StoreUrl): OpenedStore {
  return lmdbStore({ path: folderOf(url), ...optionsOf(url, ['durability', 'sweepPerCreate']) })
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
