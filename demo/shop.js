import { countOf } from './cart.js'
import { layout } from './pages/layout.js'
import { currentTrace } from './tracing/current-trace.js'

/** @typedef {import('express').Request} Request */
/** @typedef {import('express').Response} Response */
/** @typedef {import('./tracing/trace.js').Trace} Trace */

/**
 * @typedef {object} Shop what every route needs
 * @property {import('sojourn').Sessions} manager
 * @property {import('./tracing/traces.js').Traces} traces
 * @property {() => number} now
 * @property {number} idleMs
 * @property {number} absoluteMs
 */

/** @type {Readonly<Record<string, string>>} */
const alarms = {
  revoked: 'Your session was ended, here or on another device. You are not signed in any more.',
  expired: 'Your session is over: you were away for too long, or its time was up.',
  missing: 'Your session is not there any more: it was ended, or its time was over.',
  tampered: 'Your session’s cookie was refused: it was not made here, or has been changed.',
  replayed: 'Your session’s cookie was refused: it is an old one.',
}

/**
 * Answers with a page, and with what stands around it: who is signed in, the cart, messages, the clock.
 *
 * @param {Shop} shop
 * @param {Request} request
 * @returns {(title: string, content: unknown, status?: number) => void}
 */
export function pageFor(shop, request) {
  return (title, content, status = 200) => {
    const response = /** @type {Response} */ (request.res)
    response.status(status).send(layout(title, content, frameFor(shop, request)))
  }
}

/**
 * @param {Shop} shop
 * @param {Request} request
 * @returns {import('./pages/layout.js').Frame}
 */
function frameFor(shop, { originalUrl, session }) {
  const { subject, user, cart } = session
  const trace = currentTrace()
  return {
    path: originalUrl.split('?', 1).join(''),
    customer: subject === undefined ? undefined : user,
    cartCount: countOf(cart),
    notice: takeNotice(session),
    alarm: alarms[trace?.outcome ?? ''],
    witness: trace && { trace, clock: clockOf(shop, session) },
  }
}

/**
 * A notice is said once, so that taking it changes the session.
 *
 * @param {Request['session']} session
 */
function takeNotice(session) {
  const { notice } = session
  if (notice !== undefined) delete session.notice
  return notice
}

/**
 * How long a session lasts. This request counts as activity, so that the idle time begins anew with it.
 *
 * @param {Shop} shop
 * @param {Request['session']} session
 */
function clockOf({ now, idleMs, absoluteMs }, session) {
  const beganAt = session.authenticatedAt ?? session.since
  if (beganAt === undefined) return undefined
  const restMs = Math.max(0, beganAt + absoluteMs - now())
  return {
    idleMs: Math.min(idleMs, restMs),
    wholeIdleMs: idleMs,
    absoluteMs: restMs,
    wholeAbsoluteMs: absoluteMs,
  }
}

/**
 * Notes when a guest's session begins, for the clock. Called where something is about to be left in it.
 *
 * @param {Shop} shop
 * @param {Request['session']} session
 */
export function beginVisit({ now }, session) {
  if (session.subject === undefined) session.since ??= now()
}
