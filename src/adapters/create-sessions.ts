import { Engine } from '../core/engine/engine.ts'
import type { Secret } from '../core/keys/secret.ts'
import { checkOptions, checkSecretLengths } from '../core/policy/option-checks.ts'
import { resolveOptions, type SessionsOptions } from '../core/policy/options.ts'
import { type ReportProblem, throwProblem } from '../core/report/option-check.ts'
import { warnOnce } from '../core/report/warnings.ts'
import type { SessionData } from '../core/session/session-data.ts'
import { Sessions } from '../core/sessions.ts'
import { memoryStore } from '../stores/memory.ts'
import { demandOptions, storeProblem } from './mistakes.ts'

/** Options with something to sign by. */
export type KeyedOptions = SessionsOptions &
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
  const problem = options.store === undefined ? undefined : storeProblem(options.store)
  if (problem !== undefined) throwProblem('store', problem)
  // Without a secret there is nothing to check, and that is the first thing to be told.
  const isKeyed = options.keys !== undefined
  checkOptions(isKeyed ? options : { ...options, secret: options.secret ?? null }, throwProblem)
  checkSecretLengths(options.secret, isProduction() ? throwProblem : warnOfSecret)
  const policy = resolveOptions(options)
  const { clock } = policy.deadline
  return new Sessions<Data>(new Engine(policy, options.store ?? memoryStore({ clock })))
}

function isProduction(): boolean {
  return process.env.NODE_ENV === 'production'
}

const warnOfSecret: ReportProblem = (_option, problem) => warnOnce('SOJOURN_SECRET', problem)
