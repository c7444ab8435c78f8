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
 * Makes a middleware that lets a request pass only if the visitor has a stored session.
 *
 * @example app.use('/cart', requireSession({ redirect: '/' }))
 */
export function requireSession(options: GuardOptions = {}): Middleware {
  return guarded('requireSession', sessionGuard(options))
}

/**
 * Makes a middleware that lets a request pass only if the visitor is signed in.
 *
 * @example app.use('/account', requireSubject({ redirect: '/sign-in' }))
 */
export function requireSubject(options: GuardOptions = {}): Middleware {
  return guarded('requireSubject', subjectGuard(options))
}

/**
 * Makes a middleware that lets a request pass only if the visitor has signed in within a span. Use it before actions
 * that a stranger could abuse in a browser that was left open, such as a change of the password.
 *
 * @example app.post('/password', requireRecentSignIn('10m'), changePassword)
 */
export function requireRecentSignIn(within: Duration, options: GuardOptions = {}): Middleware {
  return guarded('requireRecentSignIn', recentSignInGuard(within, options))
}

/**
 * Makes a middleware that lets only one request of a session run a route at a time. Use it for code that reads a
 * value, does slow work, and writes the value back: the next request sees the changes of this one. New code does not
 * need it: `session.update` does the same for one value.
 *
 * A request fails with `LOCK_BUSY` and the status 429 if it waits too long or the queue is full. A request that holds
 * the session for longer than its lease fails with `LOCK_LOST` when it saves.
 *
 * @throws SojournError `OPTION_INVALID` for a wrong option.
 * @example app.post('/order', exclusive({ wait: '5s', lease: '30s' }), order)
 */
export function exclusive(options: ExclusiveOptions = {}): Middleware {
  return guarded('exclusive', exclusiveGuard(options))
}

/**
 * Makes a middleware for routes that do not count as activity, such as a status that a page polls. Their requests do
 * not prolong the session.
 *
 * @example app.get('/status', passive(), status)
 */
export function passive(): Middleware {
  return guarded('passive', passiveGuard)
}

/**
 * Makes a middleware that refuses unsafe requests without the form token of their session. Like `sameOrigin`, it
 * refuses with `CROSS_SITE`, the status 403 and the event `cross-site`.
 *
 * It ignores tokens in the query, which would appear in logs and in `Referer`, and tokens in cookies, which the
 * browser also sends with requests from other sites.
 *
 * @throws SojournError `OPTION_INVALID` for a wrong option.
 */
export function requireFormToken(options: FormTokenOptions = {}): Middleware {
  return guarded('requireFormToken', formTokenGuard(options))
}

/**
 * Makes a token for the forms of a page. Each call returns a different one. The token belongs to the session of the
 * request and works only if that session is stored, so put some data into the session.
 *
 * @throws SojournError `SESSION_GONE` when the session of the request has ended.
 * @example response.render('profile', { token: formToken(request) })
 */
export function formToken(request: IncomingMessage): string {
  const exchange = exchangeOf(request, 'formToken')
  const { session } = exchange.settled()
  if (session === undefined) throw goneError()
  return exchange.sessions.formTokenFor(session)
}

/** A middleware for `app.use`. It works without a framework too: `middleware(request, response, next)`. */
export interface SameOriginMiddleware extends Middleware {
  /**
   * Whether the server may accept an `upgrade` request, such as one for a WebSocket. Call it in the listener of
   * `upgrade`, because no middleware sees such a request. That the method is GET does not make the request safe here.
   */
  allowsUpgrade(request: IncomingMessage): boolean
}

/**
 * Makes a middleware that refuses cross-site requests: requests that another site has made the visitor's browser send.
 * It calls `next` with a `SojournError` of the code `CROSS_SITE` and the status 403, and publishes `cross-site`.
 *
 * Pages and forms need no changes. Mount it before every route that changes something, with or without a session.
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
