import { randomBytes } from 'node:crypto'

/** @typedef {import('sojourn').SessionEvents} SessionEvents */
/** @typedef {'opened' | 'missing' | 'expired' | 'tampered' | 'revoked' | 'replayed'} Outcome */
/** @typedef {'sent' | 'removed' | 'none'} SentCookie */
/** @typedef {'unanswered' | 'done' | 'in vain' | 'failed'} Result */

/**
 * @typedef {object} StoreCall
 * @property {string} verb
 * @property {Result} result what the store has said to it
 */

/** @type {ReadonlySet<string>} */
const outcomes = new Set(['opened', 'missing', 'expired', 'tampered', 'revoked', 'replayed'])
/** Those that tell which session the request has from now on. */
const arrivals = new Set(['opened', 'created', 'signed-in'])

/** What one request has done with its session: the cookies, the calls of the store, the events. No id is in it. */
export class Trace {
  id = randomBytes(16).toString('base64url')
  /** The request before this one in the same session, as far as it is known. */
  /** @type {Trace | undefined} */
  before
  /** The session that the request has now. */
  /** @type {string | undefined} */
  handle
  /** What became of the session that the cookie named. */
  /** @type {Outcome | undefined} */
  outcome
  /** @type {SentCookie | undefined} */
  sentCookie
  /** @type {StoreCall[]} */
  calls = []
  /** @type {() => void} */
  #finish = () => undefined
  /** Fulfilled when the response has left. */
  finished = new Promise(resolve => {
    this.#finish = () => resolve(undefined)
  })
  #onArrival

  /**
   * @param {{ method: string, path: string, hasCookie: boolean, onArrival: (trace: Trace) => void }} request
   */
  constructor({ method, path, hasCookie, onArrival }) {
    this.method = method
    this.path = path
    this.hasCookie = hasCookie
    this.#onArrival = onArrival
  }

  /** @param {string} verb */
  noteCall(verb) {
    /** @type {StoreCall} */
    const call = { verb, result: 'unanswered' }
    this.calls.push(call)
    return call
  }

  /**
   * @param {string} name
   * @param {string | undefined} handle
   */
  noteEvent(name, handle) {
    // The set holds these names and no others.
    if (outcomes.has(name)) this.outcome = /** @type {Outcome} */ (name)
    if (!arrivals.has(name) || handle === undefined) return
    this.handle = handle
    this.#onArrival(this)
  }

  /** @param {SentCookie} sentCookie */
  finish(sentCookie) {
    this.sentCookie = sentCookie
    this.#finish()
  }

  /**
   * Whether the store has done this at least once, and said so.
   *
   * @param {string} verb
   */
  has(verb) {
    return this.calls.some(call => call.verb === verb && call.result === 'done')
  }

  /**
   * Whether any call has come to this.
   *
   * @param {Result} result
   */
  hasAny(result) {
    return this.calls.some(call => call.result === result)
  }
}
