import { SojournError } from '../../core/report/errors.ts'
import { checkEach, isClock, type OptionCheck, oneOf } from '../../core/report/option-check.ts'
import { type Clock, systemClock } from '../../core/time/clock.ts'
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
   * How many replicas have a write before it is answered. With one or more, a write that was answered outlives the
   * primary, and one that reaches too few in time fails.
   * @default 0
   */
  readonly replicas?: number
  /**
   * Takes over the sessions that connect-redis has left on the server: a visitor who brings an old cookie is found, and
   * their session moved into a record. Needs `adoptUntil`.
   * @default no sessions are taken over
   */
  readonly adopt?: 'connect-redis'
  /** Until when sessions are taken over: as long as the old ones live. A Date, milliseconds, or text such as '2027-01-31'. */
  readonly adoptUntil?: Date | number | string
  /**
   * The `prefix` that connect-redis had.
   * @default 'sess:'
   */
  readonly adoptPrefix?: string
  /**
   * The source of time.
   * @default systemClock
   */
  readonly clock?: Clock
}

/** The largest of a name's parts that is of any use. */
const longestPrefix = 256
const mostReplicas = 100

const checks: { readonly [option in keyof Required<RedisStoreOptions>]: OptionCheck } = {
  client: {
    expected: 'a client of the package `redis` or `ioredis`',
    accepts: isClient,
    // Somebody may give a URL in its place, which may hold a password.
    describe: value => `a value of type ${typeof value}`,
  },
  replicas: { expected: `a whole number from 0 to ${mostReplicas}`, accepts: isReplicaCount },
  adopt: oneOf('connect-redis'),
  adoptUntil: {
    expected: "a Date, milliseconds since 1970, or text such as '2027-01-31'",
    accepts: isInstant,
  },
  adoptPrefix: { expected: 'text', accepts: value => typeof value === 'string' },
  prefix: { expected: `text of 1 to ${longestPrefix} characters`, accepts: isPrefix },
  clock: isClock,
}

/** The options with their defaults. */
export interface CheckedOptions {
  readonly client: RedisClient
  readonly prefix: string
  readonly clock: Clock
  readonly replicas: number
  /** Until when sessions of connect-redis are taken over, and under which prefix they are. */
  readonly adoptsUntil: number | undefined
  readonly adoptPrefix: string
}

/**
 * Fills in the defaults, and refuses what cannot be meant.
 *
 * @throws SojournError `OPTION_INVALID`
 */
export function checkedOptions(options: RedisStoreOptions): CheckedOptions {
  checkEach(options, checks)
  const { client, prefix = 'sojourn:', replicas = 0, adoptPrefix = 'sess:', clock = systemClock } = options
  if (client === undefined)
    throw invalid(
      '`client` to be a client of the package `redis` or `ioredis`, got none. For a URL there is `openStore`',
    )
  if (readsFromReplicas(client))
    throw invalid(
      '`client` to read from primaries, got one with `scaleReads`. A replica may not have heard of the last write',
    )
  return { client, prefix, clock, replicas, adoptPrefix, adoptsUntil: adoptsUntil(options) }
}

/** A window without an end would be forgotten, and let other software bring ended sessions back for ever. */
function adoptsUntil({ adopt, adoptUntil }: RedisStoreOptions): number | undefined {
  if ((adopt === undefined) !== (adoptUntil === undefined))
    throw invalid('`adopt` and `adoptUntil` together, got one of them')
  return adoptUntil === undefined ? undefined : instantOf(adoptUntil)
}

function instantOf(value: unknown): number {
  return typeof value === 'string' ? Date.parse(value) : Number(value)
}

function isInstant(value: unknown): boolean {
  const isKind = typeof value === 'string' || typeof value === 'number' || value instanceof Date
  return isKind && Number.isFinite(instantOf(value))
}

function invalid(expected: string): SojournError {
  return new SojournError('OPTION_INVALID', `Expected ${expected}.`)
}

function isReplicaCount(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= mostReplicas
}

function isPrefix(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= longestPrefix && value.isWellFormed()
}
