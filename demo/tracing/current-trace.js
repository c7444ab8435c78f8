import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe } from 'node:diagnostics_channel'
import { eventNames } from 'sojourn'

/** @typedef {import('./trace.js').Trace} Trace */

/** @type {AsyncLocalStorage<Trace>} */
const storage = new AsyncLocalStorage()

/** The trace of the request in whose course this is called; undefined outside of requests. */
export function currentTrace() {
  return storage.getStore()
}

/**
 * Runs a request so that whatever it leads to is found in its trace, however many others run meanwhile.
 *
 * @param {Trace} trace
 * @param {() => void} work
 */
export function traced(trace, work) {
  storage.run(trace, work)
}

// A listener is called in the course of the request that the event is about.
for (const name of eventNames) {
  subscribe(`sojourn:${name}`, message => {
    currentTrace()?.noteEvent(name, /** @type {import('sojourn').SessionEvent} */ (message).handle)
  })
}
