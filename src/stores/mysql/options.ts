import { SojournError } from '../../core/report/errors.ts'
import { checkEach, isClock, type OptionCheck, oneOf } from '../../core/report/option-check.ts'
import { type Clock, systemClock } from '../../core/time/clock.ts'
import { type AdoptionOptions, adoptionEnd, isInstant } from '../adoption-window.ts'
import { isPool, type MysqlPool } from './connection.ts'

export interface MysqlStoreOptions extends AdoptionOptions<'express-mysql-session'> {
  /** The application's own pool: `createPool` of `mysql2` or of `mysql2/promise`. `close` does not close it. */
  readonly pool: MysqlPool
  /**
   * The beginning of the names of the tables.
   * @default 'sojourn'
   */
  readonly prefix?: string
  /**
   * Whether the store makes the tables that are missing. Without it, run the statements of `mysqlSchema()` yourself.
   * @default true
   */
  readonly createTables?: boolean
  /**
   * The table that express-mysql-session had.
   * @default 'sessions'
   */
  readonly adoptTable?: string
  /**
   * The source of time.
   * @default systemClock
   */
  readonly clock?: Clock
}

const checks: { readonly [option in keyof Required<MysqlStoreOptions>]: OptionCheck } = {
  pool: {
    expected: 'a pool of the package `mysql2`',
    accepts: isPool,
    // The value is not quoted: it may be a URL with a password.
    describe: value => `a value of type ${typeof value}`,
  },
  prefix: {
    expected: 'a name of 1 to 40 letters, digits and underscores',
    accepts: value => typeof value === 'string' && /^\w{1,40}$/.test(value),
  },
  createTables: { expected: 'true or false', accepts: value => typeof value === 'boolean' },
  adopt: oneOf('express-mysql-session'),
  adoptUntil: isInstant,
  adoptTable: {
    expected: 'a name of 1 to 64 letters, digits and underscores',
    accepts: value => typeof value === 'string' && /^\w{1,64}$/.test(value),
  },
  clock: isClock,
}

/** The options with their defaults. */
export interface CheckedOptions {
  readonly pool: MysqlPool
  readonly prefix: string
  readonly createTables: boolean
  readonly adoptsUntil: number | undefined
  readonly adoptTable: string
  readonly clock: Clock
}

/**
 * Fills in the defaults, and refuses invalid options.
 *
 * @throws SojournError `OPTION_INVALID`
 */
export function checkedOptions(options: MysqlStoreOptions): CheckedOptions {
  checkEach(options, checks)
  const { pool, prefix = 'sojourn', createTables = true, clock = systemClock } = options
  const { adoptTable = 'sessions' } = options
  if (pool !== undefined)
    return { pool, prefix, createTables, adoptTable, clock, adoptsUntil: adoptionEnd(options) }
  throw new SojournError(
    'OPTION_INVALID',
    'Expected `pool` to be a pool of the package `mysql2`, got none. For a URL there is `openStore`.',
  )
}
