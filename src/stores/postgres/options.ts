import { SojournError } from '../../core/report/errors.ts'
import { checkEach, isClock, type OptionCheck, oneOf } from '../../core/report/option-check.ts'
import { type Clock, systemClock } from '../../core/time/clock.ts'
import { type AdoptionOptions, adoptionEnd, isInstant } from '../adoption-window.ts'
import { isClient, type PostgresClient } from './connection.ts'

export interface PostgresStoreOptions extends AdoptionOptions<'connect-pg-simple'> {
  /**
   * The application's own client: a `pg` pool, a client of postgres.js, or any function `query(text, values)` that resolves
   * with rows. `close` does not close it.
   */
  readonly client: PostgresClient
  /**
   * The beginning of the names of the tables.
   * @default 'sojourn'
   */
  readonly prefix?: string
  /**
   * Whether the store makes the tables that are missing. Without it, run the statements of `postgresSchema()` yourself.
   * @default true
   */
  readonly createTables?: boolean
  /**
   * The `tableName` that connect-pg-simple had, with its schema if it had one: `'web.session'`.
   * @default 'session'
   */
  readonly adoptTable?: string
  /**
   * The source of time.
   * @default systemClock
   */
  readonly clock?: Clock
}

const checks: { readonly [option in keyof Required<PostgresStoreOptions>]: OptionCheck } = {
  client: {
    expected: 'a `pg` pool, a client of postgres.js, or a function that runs a statement',
    accepts: isClient,
    // The value is not quoted: it may be a URL with a password.
    describe: value => `a value of type ${typeof value}`,
  },
  prefix: {
    expected: 'a name of 1 to 40 letters, digits and underscores',
    accepts: value => typeof value === 'string' && /^\w{1,40}$/.test(value),
  },
  createTables: { expected: 'true or false', accepts: value => typeof value === 'boolean' },
  adopt: oneOf('connect-pg-simple'),
  adoptUntil: isInstant,
  adoptTable: {
    expected: 'the name of a table, with its schema if it has one',
    accepts: value => typeof value === 'string' && /^\w{1,63}(\.\w{1,63})?$/.test(value),
  },
  clock: isClock,
}

/** The options with their defaults. */
export interface CheckedOptions {
  readonly client: PostgresClient
  readonly prefix: string
  readonly createTables: boolean
  readonly adoptsUntil: number | undefined
  /** The quoted name of the table. */
  readonly adoptTable: string
  readonly clock: Clock
}

/**
 * Fills in the defaults, and refuses invalid options.
 *
 * @throws SojournError `OPTION_INVALID`
 */
export function checkedOptions(options: PostgresStoreOptions): CheckedOptions {
  checkEach(options, checks)
  const { client, prefix = 'sojourn', createTables = true, clock = systemClock } = options
  const { adoptTable: table = 'session' } = options
  const adoptTable = table
    .split('.')
    .map(name => `"${name}"`)
    .join('.')
  if (client !== undefined)
    return { client, prefix, createTables, adoptTable, clock, adoptsUntil: adoptionEnd(options) }
  throw new SojournError(
    'OPTION_INVALID',
    'Expected `client` to be a `pg` pool, a client of postgres.js, or a function that runs a statement, got none. For a URL there is `openStore`.',
  )
}
