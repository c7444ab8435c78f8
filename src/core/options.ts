import { KeyObject } from 'node:crypto'
import { type Clock, systemClock } from './clock.ts'
import type { CookieOptions } from './cookie.ts'
import { checkCookie } from './cookie-check.ts'
import { type CookieConfiguration, CookiePolicy } from './cookie-policy.ts'
import type { Deadline } from './deadline.ts'
import { type Duration, parseDuration } from './duration.ts'
import { describeValue, SojournError } from './errors.ts'
import { isCookieName } from './set-cookie.ts'
import type { Secret } from './signer.ts'
import type { Store } from './store.ts'

/** How sessions are kept. Every option is checked when it is handed in. */
export interface SessionsOptions {
  /** Signs the cookies: 32 random bytes or more. Of several, the first signs and each verifies. */
  readonly secret: Secret | readonly Secret[]
  /** Where the records are kept. @default a memory store of this process */
  readonly store?: Store | undefined
  /** The cookie's name. @default 'connect.sid' */
  readonly name?: string | undefined
  /** The cookie's attributes, or a function that says them for a request. @default {} */
  readonly cookie?: CookieOptions | ((request: never) => CookieOptions) | undefined
  /** Makes ids in the place of the built-in 24 random bytes. A guessable id weakens security. */
  readonly genid?: ((request: never) => string) | undefined
  /** Ends a session after this long without activity. @default the cookie's `maxAge`, or '24h' without one */
  readonly idle?: Duration | undefined
  /** Ends a session this long after it began, however active it is. @default never */
  readonly absolute?: Duration | undefined
  /** Records activity at most this often. @default a tenth of the idle timeout, at most '1m' */
  readonly touchEvery?: Duration | undefined
  /** How long a store may take to answer. @default '5s' */
  readonly deadline?: Duration | undefined
  /** What several cookies of the session's name mean. 'first-valid' weakens security. @default 'reject' */
  readonly duplicates?: 'first-valid' | 'reject' | undefined
  /** Sends the cookie with every response, so that it lives on in the browser. @default false */
  readonly rolling?: boolean | undefined
  /** Stores a session at the end of every request, changed or not. @default false */
  readonly resave?: boolean | undefined
  /** Stores a session that holds nothing, so that every stranger costs a record. @default false */
  readonly saveUninitialized?: boolean | undefined
  /** What `req.session = null` does to the stored session. @default 'keep' */
  readonly unset?: 'keep' | 'destroy' | undefined
  /** A store that fails to load: an error, or a request without a session. @default 'fail' */
  readonly onLoadFailure?: 'fail' | 'anonymous' | undefined
  /** A session that cannot be stored: an error response, or the answer as written. @default 'fail' */
  readonly onCommitFailure?: 'fail' | 'send' | undefined
  /** The source of time. @default the machine's clock */
  readonly clock?: Clock | undefined
}

/** The options as the engine uses them. */
export interface Policy {
  readonly secrets: readonly Secret[]
  readonly cookies: CookiePolicy
  readonly genid: ((request: never) => string) | undefined
  /** Undefined where the cookie's lifetime decides. */
  readonly idleMs: number | undefined
  readonly absoluteMs: number
  /** Undefined where the idle timeout decides. */
  readonly touchEveryMs: number | undefined
  readonly deadline: Deadline
  readonly duplicates: 'first-valid' | 'reject'
  readonly rolling: boolean
  readonly resave: boolean
  readonly saveUninitialized: boolean
  readonly unset: 'keep' | 'destroy'
  readonly onLoadFailure: 'fail' | 'anonymous'
  readonly onCommitFailure: 'fail' | 'send'
}

/** Receives what is wrong with an option: throws it, or warns where an application must go on as before. */
export type ReportProblem = (option: string, problem: string) => void

/** Reports a problem by throwing it. */
export const throwProblem: ReportProblem = (_option, problem) => {
  throw new SojournError('OPTION_INVALID', problem)
}

const isBoolean = oneOf(true, false)
const checks: { readonly [option in keyof Required<SessionsOptions>]: Check } = {
  secret: {
    expected: 'a string, bytes, a KeyObject, or an array of them that is not empty',
    accepts: isSecretOption,
  },
  store: {
    expected: 'a store with a name and the verbs create, load, replace, touch and delete',
    accepts: isStore,
  },
  name: { expected: "a cookie name: letters, digits and any of !#$%&'*+-.^_`|~", accepts: isCookieName },
  cookie: {
    expected: 'an object of cookie attributes, or a function that answers one',
    accepts: isObjectOrFunction,
  },
  genid: { expected: 'a function that returns an id', accepts: isFunction },
  idle: { expected: 'a duration', accepts: isDuration },
  absolute: { expected: 'a duration', accepts: isDuration },
  touchEvery: { expected: 'a duration', accepts: isDuration },
  deadline: { expected: 'a duration', accepts: isDuration },
  duplicates: oneOf('first-valid', 'reject'),
  rolling: isBoolean,
  resave: isBoolean,
  saveUninitialized: isBoolean,
  unset: oneOf('keep', 'destroy'),
  onLoadFailure: oneOf('fail', 'anonymous'),
  onCommitFailure: oneOf('fail', 'send'),
  clock: { expected: 'a clock with `now` and `after`', accepts: isClock },
}

interface Check {
  readonly expected: string
  readonly accepts: (value: unknown) => boolean
}

/**
 * Checks every option, and that each name is one.
 *
 * @throws SojournError `OPTION_INVALID`, where `report` throws it.
 */
export function checkOptions(options: object, report: ReportProblem): void {
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) checkOption(name, value, report)
  }
  const cookie: unknown = Reflect.get(options, 'cookie') ?? {}
  const name: unknown = Reflect.get(options, 'name') ?? 'connect.sid'
  if (isObject(cookie) && typeof name === 'string')
    checkCookie(name, cookie, problem => report('cookie', problem))
}

function checkOption(name: string, value: unknown, report: ReportProblem): void {
  const check = Object.hasOwn(checks, name) ? checks[name as keyof typeof checks] : undefined
  if (check === undefined) {
    report(
      name,
      `Expected only options that exist, got \`${name}\`. There are: ${Object.keys(checks).join(', ')}.`,
    )
  } else if (!check.accepts(value)) {
    const got = name === 'secret' ? describeKind(value) : describeValue(value)
    const example = check.accepts === isDuration ? " such as '20m' or a number of milliseconds above 0" : ''
    report(name, `Expected \`${name}\` to be ${check.expected}${example}, got ${got}.`)
  }
}

/** Fills in the defaults. The options have been checked. */
export function resolveOptions(options: Omit<SessionsOptions, 'store'>): Policy {
  const { clock = systemClock, name = 'connect.sid', cookie = {}, deadline = '5s', secret } = options
  const { duplicates = 'reject', unset = 'keep', onLoadFailure = 'fail', onCommitFailure = 'fail' } = options
  const { rolling = false, resave = false, saveUninitialized = false, genid } = options
  const configured: CookieConfiguration = cookie
  return {
    // The array itself, because an application may rotate its secrets in place.
    secrets: Array.isArray(secret) ? secret : [secret],
    cookies: new CookiePolicy(name, configured, clock),
    genid,
    idleMs: spanOf('idle', options.idle),
    absoluteMs: spanOf('absolute', options.absolute) ?? Number.POSITIVE_INFINITY,
    touchEveryMs: spanOf('touchEvery', options.touchEvery),
    deadline: { clock, spanMs: parseDuration('deadline', deadline) },
    duplicates: /^__host-/i.test(name) ? 'reject' : duplicates,
    rolling: Boolean(rolling),
    resave: Boolean(resave),
    saveUninitialized: Boolean(saveUninitialized),
    unset,
    onLoadFailure,
    onCommitFailure,
  }
}

function spanOf(option: string, value: Duration | undefined): number | undefined {
  return value === undefined ? undefined : parseDuration(option, value)
}

function oneOf(...accepted: readonly unknown[]): Check {
  return { expected: accepted.map(describeValue).join(' or '), accepts: value => accepted.includes(value) }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}

function isObjectOrFunction(value: unknown): boolean {
  return isObject(value) || isFunction(value)
}

function isSecretOption(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 && value.every(isSecret) : isSecret(value)
}

function isSecret(value: unknown): boolean {
  if (value instanceof KeyObject) return value.type === 'secret'
  return (typeof value === 'string' || value instanceof Uint8Array) && value.length > 0
}

function isStore(value: unknown): boolean {
  if (!isObject(value) || typeof Reflect.get(value, 'name') !== 'string') return false
  return ['create', 'load', 'replace', 'touch', 'delete'].every(verb => isFunction(Reflect.get(value, verb)))
}

function isDuration(value: unknown): boolean {
  if (typeof value !== 'string' && typeof value !== 'number') return false
  try {
    return parseDuration('duration', value) > 0
  } catch {
    return false
  }
}

function isClock(value: unknown): boolean {
  return isObject(value) && isFunction(Reflect.get(value, 'now')) && isFunction(Reflect.get(value, 'after'))
}

/** A secret that is none may still be somebody's: only its kind is told. */
function describeKind(value: unknown): string {
  if (value === '') return 'an empty string'
  const isTold = typeof value === 'boolean' || typeof value === 'object' || value === undefined
  return isTold ? describeValue(value) : `a ${typeof value}`
}
