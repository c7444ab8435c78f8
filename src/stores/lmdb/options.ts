import { SojournError } from '../../core/report/errors.ts'
import { checkEach, isClock, type OptionCheck, oneOf } from '../../core/report/option-check.ts'
import { type Clock, systemClock } from '../../core/time/clock.ts'
import { withHomeFolder } from './home-folder.ts'

/** What the store uses of the package `lmdb`. */
export interface LmdbPackage {
  open(...parameters: never[]): unknown
}

export interface LmdbStoreOptions {
  /**
   * The folder in which the store keeps its two files. It is made if it does not exist, for nobody but its owner. A
   * `~` at its beginning is the home folder.
   */
  readonly path: string
  /**
   * When a write is answered: once it is on the disk, so that neither a power cut nor the end of any process takes
   * away what was answered; or once every process sees it, which is sooner, and where the end of a process by force or
   * a power cut may take the last writes of all processes with it. Every process of the folder gives the same.
   * @default 'flushed'
   */
  readonly durability?: 'flushed' | 'committed'
  /**
   * How many records whose time is over each creation removes, so that the file does not grow without a timer. 0
   * leaves it all to `sweep`.
   * @default 4
   */
  readonly sweepPerCreate?: number
  /**
   * The package `lmdb`, for applications that are bundled: `import * as lmdb from 'lmdb'`.
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
  sweepPerCreate: { expected: 'a whole number from 0 to 1000', accepts: isCount },
  lmdb: {
    expected: 'the package `lmdb`',
    accepts: isPackage,
    describe: value => `a value of type ${typeof value}`,
  },
  clock: isClock,
}

/** The options with their defaults; only the package has none. */
export type CheckedOptions = Required<Omit<LmdbStoreOptions, 'lmdb'>> & Pick<LmdbStoreOptions, 'lmdb'>

/**
 * Fills in the defaults, and refuses what cannot be meant.
 *
 * @throws SojournError `OPTION_INVALID`
 */
export function checkedOptions(options: LmdbStoreOptions): CheckedOptions {
  checkEach(options, checks)
  const { path, durability = 'flushed', sweepPerCreate = 4, clock = systemClock, lmdb } = options
  const given = lmdb === undefined ? {} : { lmdb }
  if (path !== undefined) return { path: withHomeFolder(path), durability, sweepPerCreate, clock, ...given }
  throw new SojournError(
    'OPTION_INVALID',
    "Expected `path` to be the path of a folder, got none. Give it as in './data/sessions'.",
  )
}

/** Nothing that the file system takes has a zero in it. */
function isPath(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && !value.includes('\0')
}

/** It may be a part of a URL, and is not quoted. */
function describePath(value: unknown): string {
  if (typeof value !== 'string') return `a value of type ${typeof value}`
  return value === '' ? 'empty text' : 'text with a zero in it'
}

function isPackage(value: unknown): boolean {
  return typeof Object(value).open === 'function'
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 1000
}
