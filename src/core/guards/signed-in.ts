import { checkEach, type OptionCheck } from '../report/option-check.ts'
import { actionsOf, type SessionActions } from '../session/session.ts'
import { hasRecentSignIn } from '../session/sign-in-check.ts'
import { type Duration, parseDuration } from '../time/duration.ts'
import { type Guard, redirectTo, signInFirst, visitOf } from './guard.ts'

/** The options of the guards that require a session or a sign-in. */
export interface GuardOptions {
  /** The page to redirect refused visitors to. @default none: the response is 401 */
  readonly redirect?: string | undefined
}

const checks: { readonly [option in keyof Required<GuardOptions>]: OptionCheck } = {
  redirect: {
    expected: 'the address of a page, in characters that a header can hold',
    accepts: value => typeof value === 'string' && /^[\x21-\x7e]+$/.test(value),
  },
}

/** Makes a guard that lets a request pass only if the visitor has a stored session. */
export function sessionGuard(options: GuardOptions = {}): Guard {
  return guard(options, session => session.isStored)
}

/** Makes a guard that lets a request pass only if the visitor is signed in. */
export function subjectGuard(options: GuardOptions = {}): Guard {
  return guard(options, session => session.subject !== undefined)
}

/** Makes a guard that lets a request pass only if the visitor has signed in within a span. */
export function recentSignInGuard(within: Duration, options: GuardOptions = {}): Guard {
  parseDuration('within', within)
  return guard(options, session => hasRecentSignIn(session, within))
}

function guard(options: GuardOptions, mayPass: (session: SessionActions) => boolean): Guard {
  checkEach(options, checks)
  const { redirect } = options
  return request => {
    const { session } = visitOf(request)
    if (session !== undefined && mayPass(actionsOf(session))) return undefined
    return redirect === undefined ? signInFirst() : redirectTo(redirect)
  }
}
