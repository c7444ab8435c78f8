import { checkEach, type OptionCheck } from '../core/report/option-check.ts'
import { actionsOf, type Session } from '../core/session/session.ts'
import { hasRecentSignIn } from '../core/session/sign-in-check.ts'
import { type Duration, parseDuration } from '../core/time/duration.ts'
import { exchangeOf } from './node/exchange.ts'
import type { Middleware, NodeResponse } from './node/messages.ts'

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

/**
 * Lets only visitors through who have a session.
 *
 * @example app.use('/cart', requireSession({ redirect: '/' }))
 */
export function requireSession(options: GuardOptions = {}): Middleware {
  return guard('requireSession', options, session => actionsOf(session).isStored)
}

/**
 * Lets only visitors through who are signed in.
 *
 * @example app.use('/account', requireSubject({ redirect: '/sign-in' }))
 */
export function requireSubject(options: GuardOptions = {}): Middleware {
  return guard('requireSubject', options, session => actionsOf(session).subject !== undefined)
}

/**
 * Lets only visitors through who have signed in within a span: before whatever must not be done with a session that
 * was left open.
 *
 * @example app.post('/password', requireRecentSignIn('10m'), changePassword)
 */
export function requireRecentSignIn(within: Duration, options: GuardOptions = {}): Middleware {
  parseDuration('within', within)
  return guard('requireRecentSignIn', options, session => hasRecentSignIn(actionsOf(session), within))
}

function guard(name: string, options: GuardOptions, mayPass: (session: Session) => boolean): Middleware {
  checkEach(options, checks)
  return (request, response, next) => {
    const { session } = exchangeOf(request, name).settled()
    if (session !== undefined && mayPass(session)) next()
    else refuse(response, options.redirect)
  }
}

/** A page that a visitor may see after signing in must not come out of a cache before. */
function refuse(response: NodeResponse, redirect: string | undefined): void {
  response.setHeader('Cache-Control', 'no-store')
  if (redirect === undefined) {
    response.statusCode = 401
    response.setHeader('WWW-Authenticate', 'Session')
    response.setHeader('Content-Type', 'text/plain; charset=utf-8')
    response.end('Sign in first.\n')
  } else {
    response.statusCode = 303
    response.setHeader('Location', redirect)
    response.end()
  }
}
