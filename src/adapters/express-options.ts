import type { IncomingMessage } from 'node:http'
import type { CookieOptions } from '../core/cookies/cookie.ts'
import { jsonCodec } from '../core/data/json-codec.ts'
import { type Secret, secretRecipe } from '../core/keys/secret.ts'
import { checkOptions, checkSecretLengths, isOption } from '../core/policy/option-checks.ts'
import { type Policy, resolveOptions, type SessionsOptions } from '../core/policy/options.ts'
import { throwProblem } from '../core/report/option-check.ts'
import { warnOnce } from '../core/report/warnings.ts'
import { type AnyStore, checkStore } from './manager.ts'
import { anyStore, storeProblem } from './mistakes.ts'

/**
 * The request as Express and Node have it, written down here so that Express's types need not be installed.
 * A function may say that it takes Express's own, or a more special one.
 */
export interface ExpressRequest extends IncomingMessage, Express.Request {
  readonly hostname: string
  readonly ip: string | undefined
  readonly originalUrl: string
  readonly path: string
  readonly protocol: string
  readonly secure: boolean
}

/** Says the cookie's attributes for one request. A method's type, so that its request may be a more special one. */
export type CookieFunction = { answer(request: ExpressRequest): CookieOptions }['answer']

/** The options of the drop-in: express-session's, and those of `createSessions`. */
export interface SessionOptions
  extends Omit<SessionsOptions, 'secret' | 'store' | 'cookie' | 'genid' | 'passive'> {
  /** Signs the cookies. Without it `req.secret`, which cookie-parser sets, is used. */
  readonly secret?: Secret | readonly Secret[] | undefined
  /** A store of Sojourn's, or any store that was written for express-session. @default a memory store */
  readonly store?: AnyStore | undefined
  /** The cookie's attributes, or a function that says them for a request. @default {} */
  readonly cookie?: CookieOptions | CookieFunction | undefined
  /** Makes ids in the place of the built-in 24 random bytes. A guessable id weakens security. */
  genid?(request: ExpressRequest): string
  /** Tells which requests are no sign of life, such as a poll: they prolong no session. @default none is */
  passive?(request: ExpressRequest): boolean
  /** An old name of `name`. */
  readonly key?: string | undefined
  /** `true` believes `X-Forwarded-Proto`, which weakens security unless a proxy of yours sets it. @default Express decides */
  readonly proxy?: boolean | undefined
}

// These are Sojourn's own, so that no application depends on a wrong one. Whatever express-session took as it
// came, unknown names among them, must go on working.
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
 * Checks the options of the drop-in and fills in the defaults.
 *
 * @throws TypeError where express-session throws, in its words, which programs compare.
 */
export function checkSessionOptions(options: SessionOptions): Policy {
  throwAsBefore(options)
  const { key: _key, proxy: _proxy, store, ...given } = { ...options, name: options.name || options.key }
  const isPresent = ([name, value]: [string, unknown]): boolean =>
    own.has(name) || Boolean(value) || !isOption(name)
  const present = Object.fromEntries(Object.entries(given).filter(isPresent))
  checkOptions(present, reportLeniently)
  if (store) {
    // What people are told comes behind the words that programs may compare.
    const problem = storeProblem(store)
    if (problem?.endsWith(anyStore)) throw new TypeError(`store.on is not a function. ${problem}`)
    checkStore(store, options)
  }
  if (options.secret || options.keys) {
    checkSecretLengths(options.secret, (_option, problem) => warnOnce('SOJOURN_SECRET', problem))
  } else warnOnce('SOJOURN_SECRET', noSecret)
  return resolveOptions({ duplicates: 'first-valid', secret: [], ...present }, jsonCodec)
}

// A request may bring one, as it may with express-session, so that a middleware without a secret is made all the same.
const noSecret =
  'Expected `secret`, got none: each request fails that has no `req.secret` of cookie-parser. ' +
  `Set \`secret\`, and see that the environment has the variable that it comes from. ${secretRecipe}`

function throwAsBefore({ genid, unset, secret }: SessionOptions): void {
  if (genid && typeof genid !== 'function') throw new TypeError('genid option must be a function')
  if (unset && unset !== 'destroy' && unset !== 'keep') {
    throw new TypeError('unset option must be "destroy" or "keep"')
  }
  if (Array.isArray(secret) && secret.length === 0) {
    throw new TypeError('secret option array must contain one or more strings')
  }
}

/** An application that runs today must start tomorrow: it is told once what is wrong, and goes on. */
function reportLeniently(option: string, problem: string): void {
  if (own.has(option)) throwProblem(option, problem)
  warnOnce('SOJOURN_OPTION', problem)
}
