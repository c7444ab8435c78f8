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
  /** A store of Sojourn's, or any store that was written for express-session. @default a memory store of this process */
  readonly store?: AnyStore | undefined
}

/** Options with something to sign by. */
export type KeyedOptions = ManagerOptions &
  ({ readonly secret: Secret | readonly Secret[] } | { readonly keys: NonNullable<SessionsOptions['keys']> })

/**
 * Makes the manager of an application's sessions, without a framework.
 *
 * @throws SojournError `OPTION_INVALID` for any option that is not as it has to be.
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
  // A store that calls back has other verbs.
  const records = store !== undefined && isCallbackStore(store) ? undefined : store
  // Without a secret there is nothing to check, and that is the first thing to be told.
  const needed = keys === undefined ? (secret ?? null) : secret
  checkOptions({ ...options, store: records, secret: needed }, throwProblem)
  checkSecretLengths(secret, isProduction() ? throwProblem : warnOfSecret)
  return makeSessions<Data>(resolveOptions(options), store)
}

function isProduction(): boolean {
  return process.env.NODE_ENV === 'production'
}

const warnOfSecret: ReportProblem = (_option, problem) => warnOnce('SOJOURN_SECRET', problem)
