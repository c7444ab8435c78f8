import { SojournError } from '../../core/report/errors.ts'
import { checkEach, isClock, type OptionCheck, oneOf } from '../../core/report/option-check.ts'
import { type Clock, systemClock } from '../../core/time/clock.ts'
import { type AdoptionOptions, adoptionEnd, isInstant } from '../adoption-window.ts'
import { isClient, type MongoClientLike, refuseOneTry } from './client.ts'

export interface MongoStoreOptions extends AdoptionOptions<'connect-mongo'> {
  /** The application's own `MongoClient`, or `mongoose.connection`. `close` does not close it. */
  readonly client: MongoClientLike
  /**
   * The name of the database.
   * @default the one that the client has itself
   */
  readonly dbName?: string
  /**
   * The beginning of the names of the collections.
   * @default 'sojourn'
   */
  readonly prefix?: string
  /**
   * The `collectionName` that connect-mongo had, in the same database.
   * @default 'sessions'
   */
  readonly adoptCollection?: string
  /**
   * The source of time.
   * @default systemClock
   */
  readonly clock?: Clock
}

const name: OptionCheck = {
  expected: 'a name of 1 to 60 letters, digits, underscores and hyphens',
  accepts: value => typeof value === 'string' && /^[\w-]{1,60}$/.test(value),
}

const checks: { readonly [option in keyof Required<MongoStoreOptions>]: OptionCheck } = {
  client: {
    expected: 'a `MongoClient` of the package `mongodb`, or `mongoose.connection`',
    accepts: isClient,
    // The value is not quoted: it may be a URL with a password.
    describe: value => `a value of type ${typeof value}`,
  },
  dbName: name,
  prefix: name,
  adopt: oneOf('connect-mongo'),
  adoptUntil: isInstant,
  adoptCollection: name,
  clock: isClock,
}

/** The options with their defaults. */
export interface CheckedOptions {
  readonly client: MongoClientLike
  readonly dbName: string | undefined
  readonly prefix: string
  readonly adoptsUntil: number | undefined
  readonly adoptCollection: string
  readonly clock: Clock
}

/**
 * Fills in the defaults, and refuses invalid options.
 *
 * @throws SojournError `OPTION_INVALID`
 */
export function checkedOptions(options: MongoStoreOptions): CheckedOptions {
  checkEach(options, checks)
  const { client, dbName, prefix = 'sojourn', clock = systemClock } = options
  if (client === undefined) {
    throw new SojournError(
      'OPTION_INVALID',
      'Expected `client` to be a `MongoClient` of the package `mongodb`, or `mongoose.connection`, got none. For a URL there is `openStore`.',
    )
  }
  refuseOneTry(client)
  const { adoptCollection = 'sessions' } = options
  return { client, dbName, prefix, adoptCollection, clock, adoptsUntil: adoptionEnd(options) }
}
