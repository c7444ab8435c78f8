import { throwProblem } from '../core/checked-options.ts'
import { Engine } from '../core/engine.ts'
import { checkOptions } from '../core/option-checks.ts'
import { resolveOptions, type SessionsOptions } from '../core/options.ts'
import type { SessionData } from '../core/session-data.ts'
import { Sessions } from '../core/sessions.ts'
import { memoryStore } from '../stores/memory.ts'

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
export function createSessions<Data extends object = SessionData>(options: SessionsOptions): Sessions<Data> {
  // Without a secret there is nothing to check, and that is the first thing to be told.
  checkOptions({ ...options, secret: options?.secret ?? null }, throwProblem)
  const policy = resolveOptions(options)
  const { clock } = policy.deadline
  return new Sessions<Data>(new Engine(policy, options.store ?? memoryStore({ clock })))
}
