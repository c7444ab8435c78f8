import type { IncomingMessage } from 'node:http'
import { type ExclusiveOptions, exclusiveGuard } from '../core/guards/exclusive.ts'
import { type FormTokenOptions, formTokenGuard } from '../core/guards/form-token.ts'
import { passiveGuard } from '../core/guards/passive.ts'
import { type SameOriginOptions, sameOriginGuard } from '../core/guards/same-origin.ts'
import { type GuardOptions, recentSignInGuard, sessionGuard, subjectGuard } from '../core/guards/signed-in.ts'
import { goneError } from '../core/report/errors.ts'
import type { Duration } from '../core/time/duration.ts'
import { exchangeOf } from './node/exchange.ts'
import { Arrival, guarded } from './node/guarded.ts'
import type { Middleware } from './node/messages.ts'

/**
 * Lets only visitors through who have a session.
 *
 * @example app.use('/cart', requireSession({ redirect: '/' }))
 */
export function requireSession(options: GuardOptions = {}): Middleware {
  return guarded('requireSession', sessionGuard(options))
}

/**
 * Lets only visitors through who are signed in.
 *
 * @example app.use('/account', requireSubject({ redirect: '/sign-in' }))
 */
export function requireSubject(options: GuardOptions = {}): Middleware {
  return guarded('requireSubject', subjectGuard(options))
}

/**
 * Lets only visitors through who have signed in within a span: before whatever must not be done with a session that
 * was left open.
 *
 * @example app.post('/password', requireRecentSignIn('10m'), changePassword)
 */
export function requireRecentSignIn(within: Duration, options: GuardOptions = {}): Middleware {
  return guarded('requireRecentSignIn', recentSignInGuard(within, options))
}

/**
 * Lets one request of a session at a time run a route: for code that reads a value, thinks, and writes it back. The
 * next one sees what this one has stored. New code has no need of it: `session.update` does the same for one value.
 *
 * A request that waits too long, or behind too many, is refused with `LOCK_BUSY` and the status 429; one that has had
 * the session for longer than its lease is refused with `LOCK_LOST` when it stores.
 *
 * @throws SojournError `OPTION_INVALID` for a wrong option.
 * @example app.post('/order', exclusive({ wait: '5s', lease: '30s' }), order)
 */
export function exclusive(options: ExclusiveOptions = {}): Middleware {
  return guarded('exclusive', exclusiveGuard(options))
}

/**
 * Says that a route is no sign of life, such as the status that a page polls: it prolongs no session.
 *
 * @example app.get('/status', passive(), status)
 */
export function passive(): Middleware {
  return guarded('passive', passiveGuard)
}

/**
 * Refuses unsafe requests that do not bring the form token of their session, as `sameOrigin` refuses: with
 * `CROSS_SITE`, the status 403 and the event `cross-site`.
 *
 * A token in the query would stand in logs and in `Referer`, one in a cookie is sent by the browser to
 * whoever asks: neither is looked at.
 *
 * @throws SojournError `OPTION_INVALID` for a wrong option.
 */
export function requireFormToken(options: FormTokenOptions = {}): Middleware {
  return guarded('requireFormToken', formTokenGuard(options))
}

/**
 * Makes a token for the forms of a page, another one at each call. It belongs to the session of the request, so that
 * one that is not stored has none that lasts: leave something in it.
 *
 * @throws SojournError `SESSION_GONE` for a request whose session was ended.
 * @example response.render('profile', { token: formToken(request) })
 */
export function formToken(request: IncomingMessage): string {
  const exchange = exchangeOf(request, 'formToken')
  const { session } = exchange.settled()
  if (session === undefined) throw goneError()
  return exchange.sessions.formTokenFor(session)
}

/** What `app.use` takes. It works without a framework too: `middleware(request, response, next)`. */
export interface SameOriginMiddleware extends Middleware {
  /**
   * Whether an `upgrade` request, such as one for a WebSocket, may be answered. Nobody but the listener of
   * `upgrade` can ask: such a request passes no middleware, and its being a GET excuses nothing.
   */
  allowsUpgrade(request: IncomingMessage): boolean
}

/**
 * Refuses requests that another site has made a visitor's browser send: `next` is given a `SojournError` with
 * the code `CROSS_SITE` and the status 403, and the event `cross-site` is published.
 *
 * It asks nothing of pages and forms. Mount it before whatever changes anything, sessions or not.
 *
 * @throws SojournError `OPTION_INVALID` for a wrong option.
 *
 * @example
 * app.use(sameOrigin({ trusted: ['https://pay.example'] }))
 */
export function sameOrigin(options: SameOriginOptions = {}): SameOriginMiddleware {
  const guard = sameOriginGuard(options)
  return Object.assign(guarded('sameOrigin', guard), {
    allowsUpgrade: (request: IncomingMessage) =>
      guard.upgrade(new Arrival(request, 'sameOrigin')) === undefined,
  })
}
