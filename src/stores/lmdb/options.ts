import { SojournError } from '../../core/report/errors.ts'
import { checkEach, isClock, type OptionCheck, oneOf } from '../../core/report/option-check.ts'
import { type Clock, systemClock } from '../../core/time/clock.ts'
import { withHomeFolder } from '../home-folder.ts'

/** The part of the package `lmdb` that the store uses. */
export interface LmdbPackage {
  open(...parameters: never[]): unknown
}

export interface LmdbStoreOptions {
  /**
   * The folder in which the store keeps its two files. If it does not exist, the store creates it, readable only by its
   * owner. A `~` at the beginning is the home folder.
   */
  readonly path: string
  /**
   * When a write is answered. `'flushed'`: once it is on the disk, so that neither a power cut nor a killed process undoes
   * an answered write. `'committed'`: once every process sees it, which is sooner; a killed process or a power cut may
   * then undo the last writes of all processes. Every process that opens the folder must give the same value.
   * @default 'flushed'
   */
  readonly durability?: 'flushed' | 'committed'
  /**
   * The package `lmdb`, for bundled applications: `import * as lmdb from 'lmdb'`.
   * @default the installed package
   */
  readonly lmdb?: LmdbPackage
  /**
   * The source of time.
   * @default systemClock
   */
  readonly clock?: Clock
}

const checks: { readonly [option in keyof Required<LmdbStoreOptions>]: OptionCheck } = {
  path: { expected: 'the path of a folder', accepts: isPath, describe: describePath },
  durability: oneOf('flushed', 'committed'),
  lmdb: {
    expected: 'the package `lmdb`',
    accepts: isPackage,
    describe: value => `a value of type ${typeof value}`,
  },
  clock: isClock,
}

/** The options with their defaults. Only `lmdb` has none. */
export type CheckedOptions = Required<Omit<LmdbStoreOptions, 'lmdb'>> & Pick<LmdbStoreOptions, 'lmdb'>

/**
 * Fills in the defaults, and refuses invalid options.
 *
 * @throws SojournError `OPTION_INVALID`
 */
export function checkedOptions(options: LmdbStoreOptions): CheckedOptions {
  checkEach(options, checks)
  const { path, durability = 'flushed', clock = systemClock, lmdb } = options
  const given = lmdb === undefined ? {} : { lmdb }
  if (path !== undefined) return { path: withHomeFolder(path), durability, clock, ...given }
  throw new SojournError(
    'OPTION_INVALID',
    "Expected `path` to be the path of a folder, got none. Give it as in './data/sessions'.",
  )
}

/** No path of a file system contains a null character. */
function isPath(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && !value.includes('\0')
}

/** Does not quote the path, which may come from a URL. */
function describePath(value: unknown): string {
  if (typeof value !== 'string') return `a value of type ${typeof value}`
  return value === '' ? 'empty text' : 'text with a zero in it'
}

function isPackage(value: unknown): boolean {
  return typeof Object(value).open === 'function'
}
