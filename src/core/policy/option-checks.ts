import { KeyObject } from 'node:crypto'
import { attributeNames, checkCookie } from '../cookies/cookie-check.ts'
import { isCookieName } from '../cookies/set-cookie.ts'
import { isSecret, isShortSecret, type Secret, secretRecipe, shortestSecret } from '../keys/secret.ts'
import { describeValue } from '../report/errors.ts'
import {
  checkEach,
  isClock,
  isSwitch,
  type OptionCheck,
  oneOf,
  type ReportProblem,
} from '../report/option-check.ts'
import { isDuration, parseDuration } from '../time/duration.ts'
import type { SessionsOptions } from './options.ts'
import { presetNames } from './presets.ts'

const duration = "a duration such as '20m' or a number of milliseconds"
const span: OptionCheck = {
  expected: `${duration} above 0`,
  accepts: value => isDuration(value) && parseDuration('duration', value) > 0,
}
const checks: { readonly [option in keyof Required<SessionsOptions>]: OptionCheck } = {
  secret: {
    expected: 'a string, bytes, a KeyObject, or an array of them that is not empty',
    accepts: isSecretOption,
    describe: describeKind,
  },
  keys: {
    expected: 'a list of keys with an `id` and a `secret` each',
    accepts: Array.isArray,
    describe: describeKind,
  },
  legacyUntil: { expected: 'a Date or milliseconds since 1970', accepts: isInstant },
  // The message shows only the type: somebody may have put a secret here.
  seal: { ...oneOf('server', 'visitor', false), describe: describeKind },
  codec: oneOf('json', 'structured'),
  sizeLimit: { expected: 'a whole number of bytes of at least 1', accepts: isCount },
  onOversize: oneOf('warn', 'fail'),
  store: {
    expected: 'a store with a name and the verbs create, load, replace, touch and delete',
    accepts: isStore,
    // The message shows only the type: a URL may hold a password.
    describe: describeKind,
  },
  name: { expected: "a cookie name: letters, digits and any of !#$%&'*+-.^_`|~", accepts: isCookieName },
  cookie: {
    expected: 'an object of cookie attributes, or a function that answers one',
    accepts: value => isObject(value) || isFunction(value),
    inside: attributeNames,
  },
  genid: { expected: 'a function that returns an id', accepts: isFunction },
  idle: span,
  absolute: span,
  touchEvery: { expected: duration, accepts: isDuration },
  preset: oneOf(...presetNames),
  passive: { expected: 'a function that tells which requests are passive', accepts: isFunction },
  rotateEvery: span,
  rotationGrace: { expected: duration, accepts: isDuration },
  onReplay: oneOf('refuse', 'end'),
  maxPerSubject: { expected: 'a whole number of at least 1', accepts: isCount },
  atLimit: oneOf('evict-oldest', 'refuse'),
  addresses: oneOf('whole', 'truncated', 'none'),
  onGone: oneOf('drop', 'fail'),
  onConflict: { expected: 'a function that answers the value to store', accepts: isFunction },
  deadline: span,
  duplicates: oneOf('first-valid', 'reject'),
  rolling: isSwitch,
  resave: isSwitch,
  saveUninitialized: isSwitch,
  unset: oneOf('keep', 'destroy'),
  onLoadFailure: oneOf('fail', 'anonymous'),
  onCommitFailure: oneOf('fail', 'send'),
  clock: { ...isClock, expected: 'a clock with `now` and `after`' },
}

/**
 * Checks the value of every option, and that each name exists.
 *
 * @throws SojournError `OPTION_INVALID`, where `report` throws it.
 */
export function checkOptions(options: object, report: ReportProblem): void {
  checkEach(options, checks, report)
  const cookie: unknown = Reflect.get(options, 'cookie') ?? {}
  const name: unknown = Reflect.get(options, 'name') ?? 'connect.sid'
  if (isObject(cookie) && typeof name === 'string')
    checkCookie(name, cookie, problem => report('cookie', problem))
}

/** Whether an option of this name exists. */
export function isOption(name: string): boolean {
  return Object.hasOwn(checks, name)
}

/** Reports a secret that is short enough to be guessed, and says how to make a better one. */
export function checkSecretLengths(secret: SessionsOptions['secret'], report: ReportProblem): void {
  const secrets = Array.isArray(secret) ? secret : [secret]
  if (!secrets.some(one => isFilledSecret(one) && isShortSecret(one))) return
  report(
    'secret',
    `Expected \`secret\` to have at least ${shortestSecret} bytes, got fewer, which can be guessed. ${secretRecipe}`,
  )
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}

function isSecretOption(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 && value.every(isFilledSecret) : isFilledSecret(value)
}

function isFilledSecret(value: unknown): value is Secret {
  return isSecret(value) && (value instanceof KeyObject || value.length > 0)
}

function isStore(value: unknown): boolean {
  if (!isObject(value) || typeof Reflect.get(value, 'name') !== 'string') return false
  return ['create', 'load', 'replace', 'touch', 'delete'].every(verb => isFunction(Reflect.get(value, verb)))
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1
}

function isInstant(value: unknown): boolean {
  return (typeof value === 'number' || value instanceof Date) && Number.isFinite(Number(value))
}

/** Describes a value by its type only: a wrong value may still be somebody's secret. */
export function describeKind(value: unknown): string {
  if (value === '') return 'an empty string'
  const isTold = typeof value === 'boolean' || typeof value === 'object' || value === undefined
  return isTold ? describeValue(value) : `a ${typeof value}`
}
