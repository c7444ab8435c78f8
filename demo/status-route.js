import { reportOf } from './pages/report.js'
import { currentTrace } from './tracing/current-trace.js'

/** @typedef {import('./shop.js').Shop} Shop */
/** @typedef {import('express').Request} Request */
/** @typedef {import('express').Response} Response */

/**
 * Tells a page how its session is. It comes behind `passive()`, so that asking prolongs nothing.
 *
 * @param {Shop} shop
 */
export function statusRoute(shop) {
  return async (/** @type {Request} */ { session }, /** @type {Response} */ response) => {
    const { handle, subject } = session
    const trace = currentTrace()
    const found = trace?.outcome === 'opened' ? await shop.manager.find(handle) : undefined
    if (found === undefined) {
      response.json({ goesOn: false, outcome: trace?.outcome ?? 'none' })
      return
    }
    const now = shop.now()
    response.json({
      goesOn: true,
      isSignedIn: subject !== undefined,
      idleMs: found.expiresAt - now,
      absoluteMs: found.createdAt + shop.absoluteMs - now,
      pollBefore: trace?.before && reportOf(trace.before),
    })
  }
}
