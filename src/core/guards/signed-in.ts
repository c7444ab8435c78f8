import { checkEach, type OptionCheck } from '../report/option-check.ts'
import { actionsOf, type SessionActions } from '../session/session.ts'
import { hasRecentSignIn } from '../session/sign-in-check.ts'
import { type Duration, parseDuration } from '../time/duration.ts'
import { type Guard, redirectTo, signInFirst, visitOf } from './guard.ts'

/** What becomes of a visitor whom a guard does not let through. */
export interface GuardOptions {
  /** The page to which the visitor is sent. @default none: the answer is 401 */
  readonly redirect?: string | undefined
}

const checks: { readonly [option in keyof Required<GuardOptions>]: OptionCheck } = {
  redirect: {
    expected: 'the address of a page, in characters that a header can hold',
    accepts: value => typeof value === 'string' && /^[\x21-\x7e]+$/.test(value),
  },
}

/** Lets only visitors through who have a session. */
export function sessionGuard(options: GuardOptions = {}): Guard {
  return guard(options, session => session.isStored)
}

/** Lets only visitors through who are signed in. */
export function subjectGuard(options: GuardOptions = {}): Guard {
  return guard(options, session => session.subject !== undefined)
}

/** Lets only visitors through who have signed in within a span. */
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
