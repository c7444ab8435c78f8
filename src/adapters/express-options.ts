import type { IncomingMessage } from 'node:http'
import type { CookieOptions } from '../core/cookies/cookie.ts'
import { jsonCodec } from '../core/data/json-codec.ts'
import { type Secret, secretRecipe } from '../core/keys/secret.ts'
import { checkOptions, checkSecretLengths, isOption } from '../core/policy/option-checks.ts'
import { type Policy, resolveOptions, type SessionsOptions } from '../core/policy/options.ts'
import { throwProblem } from '../core/report/option-check.ts'
import { warnOnce } from '../core/report/warnings.ts'
import { type AnyStore, checkStore } from './manager.ts'
import { anyStore } from './mistakes.ts'

/**
 * A request of Express. Declared here, so that Express's types need not be installed. A function of the application
 * may declare its parameter as Express's own `Request`, or as a narrower type.
 */
export interface ExpressRequest extends IncomingMessage, Express.Request {
  readonly hostname: string
  readonly ip: string | undefined
  readonly originalUrl: string
  readonly path: string
  readonly protocol: string
  readonly secure: boolean
}

/** Returns the cookie's attributes for a request. The type of a method, so that the parameter may be narrower. */
export type CookieFunction = { answer(request: ExpressRequest): CookieOptions }['answer']

/** The options of `session()`: those of express-session, and those of `createSessions`. */
export interface SessionOptions
  extends Omit<SessionsOptions, 'secret' | 'store' | 'cookie' | 'genid' | 'passive'> {
  /** Signs the cookies. @default `req.secret`, which cookie-parser sets */
  readonly secret?: Secret | readonly Secret[] | undefined
  /** A store of Sojourn's own, or any store written for express-session. @default a memory store */
  readonly store?: AnyStore | undefined
  /** The cookie's attributes, or a function that returns them for a request. @default {} */
  readonly cookie?: CookieOptions | CookieFunction | undefined
  /** Returns a new session id. A guessable id weakens security. @default 24 random bytes */
  genid?(request: ExpressRequest): string
  /** Whether a request does not count as activity, such as a poll. It then does not prolong the session. @default no */
  passive?(request: ExpressRequest): boolean
  /** The old name of the option `name`. */
  readonly key?: string | undefined
  /** `true` trusts `X-Forwarded-Proto`, which weakens security unless your proxy sets it. @default Express decides */
  readonly proxy?: boolean | undefined
}

// Options that express-session does not have: a wrong value of these can throw, because no application depends on one.
// For all others, a value that express-session accepts must go on working, and so must unknown names.
const own = new Set([
  'idle',
  'absolute',
  'touchEvery',
  'deadline',
  'duplicates',
  'onLoadFailure',
  'onCommitFailure',
  'clock',
  'preset',
  'passive',
  'rotateEvery',
  'rotationGrace',
  'onReplay',
  'maxPerSubject',
  'atLimit',
  'addresses',
  'onGone',
  'onConflict',
  'keys',
  'legacyUntil',
  'seal',
  'codec',
  'sizeLimit',
  'onOversize',
])

/**
 * Checks the options of `session()` and fills in the defaults.
 *
 * @throws TypeError where express-session throws one, with the same message, which programs compare.
 */
export function checkSessionOptions(options: SessionOptions): Policy {
  throwAsBefore(options)
  const { key: _key, proxy: _proxy, store, ...given } = { ...options, name: options.name || options.key }
  const isPresent = ([name, value]: [string, unknown]): boolean =>
    own.has(name) || Boolean(value) || !isOption(name)
  const present = Object.fromEntries(Object.entries(given).filter(isPresent))
  checkOptions(present, reportLeniently)
  if (store) checkStore(store, options, throwForStore)
  if (options.secret || options.keys) {
    checkSecretLengths(options.secret, (_option, problem) => warnOnce('SOJOURN_SECRET', problem))
  } else warnOnce('SOJOURN_SECRET', noSecret)
  return resolveOptions({ duplicates: 'first-valid', secret: [], ...present }, jsonCodec)
}

// A warning and no error, because each request may have a `req.secret`, as with express-session.
const noSecret =
  'Expected `secret`, got none: every request without a `req.secret` of cookie-parser fails. ' +
  `Set \`secret\`, and check that its environment variable exists. ${secretRecipe}`

function throwAsBefore({ genid, unset, secret }: SessionOptions): void {
  if (genid && typeof genid !== 'function') throw new TypeError('genid option must be a function')
  if (unset && unset !== 'destroy' && unset !== 'keep') {
    throw new TypeError('unset option must be "destroy" or "keep"')
  }
  if (Array.isArray(secret) && secret.length === 0) {
    throw new TypeError('secret option array must contain one or more strings')
  }
}

/** Throws for Sojourn's own options. For express-session's it warns once: an application that ran with it must start. */
function reportLeniently(option: string, problem: string): void {
  if (own.has(option)) throwProblem(option, problem)
  warnOnce('SOJOURN_OPTION', problem)
}

/** The message begins as express-session's does, because programs may compare it. The explanation follows. */
function throwForStore(option: string, problem: string): void {
  if (problem.endsWith(anyStore)) throw new TypeError(`store.on is not a function. ${problem}`)
  throwProblem(option, problem)
}
