import { checkEach, type OptionCheck } from '../../core/checked-options.ts'
import { type Clock, systemClock } from '../../core/clock.ts'
import { SojournError } from '../../core/errors.ts'
import { isClient, type RedisClient, readsFromReplicas } from './client.ts'

export interface RedisStoreOptions {
  /** A client of node-redis or ioredis that the application has made. It stays the application's: `close` leaves it. */
  readonly client: RedisClient
  /**
   * With what the name of every key begins. Two applications on one server have two.
   * @default 'sojourn:'
   */
  readonly prefix?: string
  /**
   * The source of time.
   * @default systemClock
   */
  readonly clock?: Clock
}

/** The largest of a name's parts that is of any use. */
const longestPrefix = 256

const checks: { readonly [option in keyof Required<RedisStoreOptions>]: OptionCheck } = {
  client: {
    expected: 'a client of the package `redis` or `ioredis`',
    accepts: isClient,
    // Somebody may give a URL in its place, which may hold a password.
    describe: value => `a value of type ${typeof value}`,
  },
  prefix: { expected: `text of 1 to ${longestPrefix} characters`, accepts: isPrefix },
  clock: { expected: 'an object with the methods `now` and `after`', accepts: isClock },
}

/**
 * Fills in the defaults, and refuses what cannot be meant.
 *
 * @throws SojournError `OPTION_INVALID`
 */
export function checkedOptions(options: RedisStoreOptions): Required<RedisStoreOptions> {
  checkEach(options, checks)
  const { client, prefix = 'sojourn:', clock = systemClock } = options
  if (client === undefined)
    throw invalid(
      '`client` to be a client of the package `redis` or `ioredis`, got none. For a URL there is `openStore`',
    )
  if (readsFromReplicas(client))
    throw invalid(
      '`client` to read from primaries, got one with `scaleReads`. A replica may not have heard of the last write',
    )
  return { client, prefix, clock }
}

function invalid(expected: string): SojournError {
  return new SojournError('OPTION_INVALID', `Expected ${expected}.`)
}

function isPrefix(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    value !== '' &&
    value.length <= longestPrefix &&
    !/\p{Surrogate}/u.test(value)
  )
}

function isClock(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'now' in value && 'after' in value
}
