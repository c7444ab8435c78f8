import { SojournError } from '../../core/report/errors.ts'
import { checkEach, isClock, type OptionCheck, oneOf } from '../../core/report/option-check.ts'
import { type Clock, systemClock } from '../../core/time/clock.ts'
import { type AdoptionOptions, adoptionEnd, isInstant } from '../adoption-window.ts'
import { withHomeFolder } from '../home-folder.ts'
import { isDatabase, type Opening, type SqliteDatabase } from './database.ts'

export interface SqliteStoreOptions extends AdoptionOptions<'connect-sqlite3'> {
  /** The file of the database. If it does not exist, the store creates it. A `~` at the beginning is the home folder. */
  readonly path?: string
  /**
   * An open database of `node:sqlite` or `better-sqlite3`, instead of a path. Its settings stay as they are, and `close` does not
   * close it.
   */
  readonly database?: SqliteDatabase
  /**
   * When a write is answered. `'flushed'`: once it is on the disk, so that a power cut does not undo it. `'committed'`: once
   * every process sees it; a power cut may then undo the last writes, but the end of a process does not.
   * @default 'flushed'
   */
  readonly durability?: 'flushed' | 'committed'
  /**
   * The beginning of the names of the tables.
   * @default 'sojourn'
   */
  readonly prefix?: string
  /**
   * The `table` that connect-sqlite3 had. It must be in the same database.
   * @default 'sessions'
   */
  readonly adoptTable?: string
  /**
   * The source of time.
   * @default systemClock
   */
  readonly clock?: Clock
}

const isName: OptionCheck = {
  expected: 'a name of 1 to 60 letters, digits and underscores',
  accepts: value => typeof value === 'string' && /^\w{1,60}$/.test(value),
}

const checks: { readonly [option in keyof Required<SqliteStoreOptions>]: OptionCheck } = {
  path: {
    expected: 'the path of a file',
    accepts: value => typeof value === 'string' && value !== '' && !value.includes('\0'),
    // A path may come from a URL.
    describe: value => `a value of type ${typeof value}`,
  },
  database: {
    expected: 'an open database of `node:sqlite` or `better-sqlite3`',
    accepts: isDatabase,
    describe: value => `a value of type ${typeof value}`,
  },
  durability: oneOf('flushed', 'committed'),
  prefix: isName,
  adopt: oneOf('connect-sqlite3'),
  adoptUntil: isInstant,
  adoptTable: isName,
  clock: isClock,
}

/** The options with their defaults. */
export interface CheckedOptions extends Opening {
  readonly prefix: string
  readonly adoptsUntil: number | undefined
  readonly adoptTable: string
  readonly clock: Clock
}

/**
 * Fills in the defaults, and refuses invalid options.
 *
 * @throws SojournError `OPTION_INVALID`
 */
export function checkedOptions(options: SqliteStoreOptions): CheckedOptions {
  checkEach(options, checks)
  const { path, database, durability = 'flushed', prefix = 'sojourn', adoptTable = 'sessions' } = options
  if ((path === undefined) === (database === undefined))
    throw new SojournError('OPTION_INVALID', 'Expected either `path` or `database`, got both or none.')
  const file = path === undefined ? '' : withHomeFolder(path)
  const { clock = systemClock } = options
  return { path: file, database, durability, prefix, adoptTable, clock, adoptsUntil: adoptionEnd(options) }
}
