import type { Secret } from '../core/keys/secret.ts'
import { checkOptions, checkSecretLengths } from '../core/policy/option-checks.ts'
import { resolveOptions, type SessionsOptions } from '../core/policy/options.ts'
import { type ReportProblem, throwProblem } from '../core/report/option-check.ts'
import { warnOnce } from '../core/report/warnings.ts'
import type { SessionData } from '../core/session/session-data.ts'
import type { Sessions } from '../core/sessions.ts'
import { type AnyStore, checkStore, isCallbackStore, makeSessions } from './manager.ts'
import { demandOptions } from './mistakes.ts'

/** The options of a manager without a framework. */
interface ManagerOptions extends Omit<SessionsOptions, 'store'> {
  /** A store of Sojourn's own, or any store written for express-session. @default a memory store of this process */
  readonly store?: AnyStore | undefined
}

/** Options with a `secret` or with `keys`: cookies have to be signed. */
export type KeyedOptions = ManagerOptions &
  ({ readonly secret: Secret | readonly Secret[] } | { readonly keys: NonNullable<SessionsOptions['keys']> })

/**
 * Makes the manager of an application's sessions, without a framework.
 *
 * @throws SojournError `OPTION_INVALID` for a wrong option.
 *
 * @example
 * const sessions = createSessions({ secret: process.env.SESSION_SECRET ?? '' })
 * const visit = sessions.visit({ cookieHeader: request.headers.get('cookie'), isSecure: true, request })
 * await visit.open()
 */
export function createSessions<Data extends object = SessionData>(options: KeyedOptions): Sessions<Data> {
  demandOptions('createSessions', options)
  const { store, secret, keys } = options
  if (store !== undefined) checkStore(store, options)
  // `checkOptions` knows the methods of record stores only; `checkStore` has checked a callback store.
  const records = store !== undefined && isCallbackStore(store) ? undefined : store
  // `null` fails the check, which skips undefined: without keys, a secret is required.
  const needed = keys === undefined ? (secret ?? null) : secret
  checkOptions({ ...options, store: records, secret: needed }, throwProblem)
  checkSecretLengths(secret, isProduction() ? throwProblem : warnOfSecret)
  return makeSessions<Data>(resolveOptions(options), store)
}

function isProduction(): boolean {
  return process.env.NODE_ENV === 'production'
}

const warnOfSecret: ReportProblem = (_option, problem) => warnOnce('SOJOURN_SECRET', problem)
