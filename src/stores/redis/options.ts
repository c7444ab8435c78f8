import { SojournError } from '../../core/report/errors.ts'
import { checkEach, isClock, type OptionCheck, oneOf } from '../../core/report/option-check.ts'
import { type Clock, systemClock } from '../../core/time/clock.ts'
import { type AdoptionOptions, adoptionEnd, isInstant } from '../adoption-window.ts'
import { isClient, type RedisClient, readsFromReplicas } from './client.ts'

export interface RedisStoreOptions extends AdoptionOptions<'connect-redis'> {
  /** The application's own client, of node-redis or ioredis. `close` does not close it. */
  readonly client: RedisClient
  /**
   * The beginning of the name of every key. Two applications on one server need different prefixes.
   * @default 'sojourn:'
   */
  readonly prefix?: string
  /**
   * How many replicas must have a write before it is answered. With one or more, an answered write survives the loss of
   * the primary, and a write that reaches too few replicas in time fails.
   * @default 0
   */
  readonly replicas?: number
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

/** The longest prefix that makes any sense. */
const longestPrefix = 256
const mostReplicas = 100

const checks: { readonly [option in keyof Required<RedisStoreOptions>]: OptionCheck } = {
  client: {
    expected: 'a client of the package `redis` or `ioredis`',
    accepts: isClient,
    // The value is not quoted: it may be a URL with a password.
    describe: value => `a value of type ${typeof value}`,
  },
  replicas: { expected: `a whole number from 0 to ${mostReplicas}`, accepts: isReplicaCount },
  adopt: oneOf('connect-redis'),
  adoptUntil: isInstant,
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
  /** Until when to take over sessions of connect-redis; undefined to take over none. */
  readonly adoptsUntil: number | undefined
  /** The prefix of the sessions of connect-redis. */
  readonly adoptPrefix: string
}

/**
 * Fills in the defaults, and refuses invalid options.
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
  return { client, prefix, clock, replicas, adoptPrefix, adoptsUntil: adoptionEnd(options) }
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
