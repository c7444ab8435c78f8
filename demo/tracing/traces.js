import { traced } from './current-trace.js'
import { RecentMap } from './recent-map.js'
import { Trace } from './trace.js'

/** @typedef {import('express').Request} Request */
/** @typedef {import('express').Response} Response */
/** @typedef {import('express').NextFunction} NextFunction */

const pollPath = '/status'

/** Remembers what the latest requests have done, so that a page can tell. */
export class Traces {
  #cookieName
  /** @type {RecentMap<Trace>} */
  #byId = new RecentMap()
  /** @type {RecentMap<Trace>} */
  #lastOfSession = new RecentMap()
  /** @type {RecentMap<Trace>} */
  #lastPollOfSession = new RecentMap()

  /** @param {string} cookieName */
  constructor(cookieName) {
    this.#cookieName = cookieName
  }

  /** @param {string} id */
  find(id) {
    return this.#byId.get(id)
  }

  /**
   * A middleware that comes before the session, and follows a request to its end.
   *
   * @param {Request} request
   * @param {Response} response
   * @param {NextFunction} next
   */
  follow = (request, response, next) => {
    const { method, path } = request
    const hasCookie = names(request.headers.cookie, this.#cookieName)
    const isPoll = path === pollPath
    const lasts = isPoll ? this.#lastPollOfSession : this.#lastOfSession
    const trace = new Trace({ method, path, hasCookie, onArrival: arrived => link(arrived, lasts) })
    // Nobody asks for a poll by its name, and the many of them would push the pages out.
    if (!isPoll) this.#byId.set(trace.id, trace)
    response.once('close', () => trace.finish(sentIn(response, this.#cookieName)))
    traced(trace, next)
  }
}

/**
 * Makes the request the last one of its session, after the one that was the last before.
 *
 * @param {Trace} trace
 * @param {RecentMap<Trace>} lasts
 */
function link(trace, lasts) {
  const { handle = '' } = trace
  const last = lasts.get(handle)
  if (last !== undefined && last !== trace) {
    trace.before = last
    // One step back is shown, and a chain of all of them would never be let go.
    last.before = undefined
  }
  lasts.set(handle, trace)
}

/**
 * Whether a header brings a cookie of this name. No other space than these two may stand before a name: what
 * `String.prototype.trim` takes away makes another name of it.
 *
 * @param {string | undefined} header
 * @param {string} name
 */
function names(header = '', name) {
  return header.split(';').some(pair => pair.replace(/^[ \t]+/, '').startsWith(`${name}=`))
}

/**
 * @param {Response} response
 * @param {string} name
 * @returns {import('./trace.js').SentCookie}
 */
function sentIn(response, name) {
  const line = [response.getHeader('Set-Cookie') ?? []]
    .flat()
    .find(text => String(text).startsWith(`${name}=`))
  if (line === undefined) return 'none'
  return String(line).startsWith(`${name}=;`) ? 'removed' : 'sent'
}
