import type { IncomingMessage, ServerResponse } from 'node:http'
import type { CookieOptions } from '../core/cookies/cookie.ts'
import { type Failure, failureOf } from '../core/record/maybe-promise.ts'
import type { MaybePromise } from '../core/record/store.ts'
import { errorCodes, SojournError } from '../core/report/errors.ts'
import { eventNames } from '../core/report/events.ts'
import { type SessionWith, visitKey } from '../core/session/session.ts'
import type { SessionData } from '../core/session/session-data.ts'
import type { Sessions } from '../core/sessions.ts'
import { systemClock } from '../core/time/clock.ts'
import { Cookie } from '../session/cookie.ts'
import { managedStore } from '../session/managed-store.ts'
import { MemoryStore } from '../session/memory.ts'
import { createSession, Session, type SessionRequest } from '../session/session.ts'
import { type CompleteStore, Store } from '../session/store.ts'
import { memoryStore } from '../stores/memory.ts'
import { openStore } from '../stores/open-store.ts'
import { createSessions } from './create-sessions.ts'
import { checkSessionOptions, type SessionOptions } from './express-options.ts'
import {
  exclusive,
  formToken,
  passive,
  requireFormToken,
  requireRecentSignIn,
  requireSession,
  requireSubject,
  sameOrigin,
} from './guards.ts'
import { isRecordStore, makeSessions } from './manager.ts'
import { demandOptions, uncalledError, warnTwice } from './mistakes.ts'
import { CookieNames } from './node/cookie-names.ts'
import { Exchange, type ExchangeSettings, exchangeIn } from './node/exchange.ts'
import { holdResponse } from './node/hold-response.ts'
import type { Messages, Middleware, Next, NodeRequest } from './node/messages.ts'
import { coversPath } from './node/request-path.ts'

export type { SessionOptions } from './express-options.ts'

/**
 * Makes the middleware that gives every request a session. It takes express-session's options, cookies and stores.
 *
 * @throws TypeError where express-session throws one, with the same message.
 * @throws SojournError `OPTION_INVALID` for a wrong option that express-session does not have.
 *
 * @example
 * app.use(session({ secret: process.env.SESSION_SECRET, cookie: { maxAge: 86_400_000 } }))
 */
export const session: SessionFunction = Object.assign(middleware, {
  Cookie,
  createSessions,
  errorCodes,
  eventNames,
  exclusive,
  formToken,
  MemoryStore,
  memoryStore,
  openStore,
  passive,
  requireFormToken,
  requireRecentSignIn,
  requireSession,
  requireSubject,
  Session,
  SojournError,
  Store,
  sameOrigin,
  // It is a `SessionFunction` once all of these are assigned.
  session: middleware as SessionFunction,
  systemClock,
})

/** The type names of `@types/express-session`, such as `session.SessionOptions`. */
// biome-ignore lint/style/noNamespace: there is no other way to let a function's name hold types.
export declare namespace session {
  export type Cookie = Named['Cookie']
  export type CookieOptions = Named['CookieOptions']
  export type MemoryStore = Named['MemoryStore']
  export type Session = Named['Session']
  export type SessionData = Named['SessionData']
  export type SessionOptions = Named['SessionOptions']
  export type Store = Named['Store']
}

/** The same types. Inside the namespace, `type Cookie = Cookie` would refer to itself. */
interface Named {
  Cookie: Cookie
  CookieOptions: CookieOptions
  MemoryStore: MemoryStore
  Session: Session
  SessionData: SessionData
  SessionOptions: SessionOptions
  Store: Store
}

declare global {
  // biome-ignore lint/style/noNamespace: Express's types are made to be added to in this way.
  namespace Express {
    interface Request {
      /** The visitor's session. Read and change it like an object: it is saved when the response ends. */
      session: SessionWith<SessionData>
      sessionID: string
      sessionStore: CompleteStore
    }
  }
}

/** The default export: a function, with the other exports as properties for `require`. */
export interface SessionFunction {
  (options?: SessionOptions | null): SessionMiddleware
  readonly Cookie: typeof Cookie
  readonly createSessions: typeof createSessions
  readonly errorCodes: typeof errorCodes
  readonly eventNames: typeof eventNames
  readonly exclusive: typeof exclusive
  readonly formToken: typeof formToken
  readonly MemoryStore: typeof MemoryStore
  readonly memoryStore: typeof memoryStore
  readonly openStore: typeof openStore
  readonly passive: typeof passive
  readonly requireFormToken: typeof requireFormToken
  readonly requireRecentSignIn: typeof requireRecentSignIn
  readonly requireSession: typeof requireSession
  readonly requireSubject: typeof requireSubject
  readonly Session: typeof Session
  readonly SojournError: typeof SojournError
  readonly Store: typeof Store
  readonly sameOrigin: typeof sameOrigin
  /** The function itself: compilers turn `import { session } from 'sojourn'` into `require('sojourn').session`. */
  readonly session: SessionFunction
  readonly systemClock: typeof systemClock
}

/** A middleware for `app.use`. It works without a framework too: `middleware(request, response, next)`. */
export interface SessionMiddleware extends Middleware {
  /** The manager behind the middleware, for code outside of a request: sockets, jobs, admin pages. */
  readonly sessions: Sessions
}

function middleware(options?: SessionOptions | null, ...rest: readonly unknown[]): SessionMiddleware {
  if (typeof rest[1] === 'function') throw uncalledError()
  demandOptions('session', options ?? {})
  const handler = new SessionHandler(options ?? {})
  const handle = (request: IncomingMessage, response: ServerResponse, next: Next): void => {
    // Frameworks pass their own subclasses of Node's request and response.
    handler.handle({ request: request as NodeRequest, response, next })
  }
  return Object.assign(handle, { sessions: handler.sessions })
}

class SessionHandler {
  readonly sessions: Sessions
  readonly #settings: ExchangeSettings
  readonly #cookieNames: CookieNames
  #isConnected = true

  constructor(options: SessionOptions) {
    const policy = checkSessionOptions(options)
    const store = options.store || undefined
    this.sessions = makeSessions(policy, store)
    this.#cookieNames = new CookieNames(this.sessions)
    const { terms, byId } = this.sessions
    const isPathLate = terms.opensLate && terms.isPathPerRequest
    const isManaged = store === undefined || isRecordStore(store)
    const visible = isManaged ? managedStore(byId) : (store as CompleteStore)
    this.#settings = {
      sessions: this.sessions,
      store: visible,
      proxy: options.proxy,
      covers: isPathLate ? request => this.#covers(request) : undefined,
    }
    this.#watch(visible)
  }

  // `next` is called outside of the try, so that an error of the route is not taken for an error of the session.
  handle(messages: Messages): void {
    const { next } = messages
    const beginning = failureOf(() => this.#begin(messages))
    if (beginning instanceof Promise) void beginning.then(failure => process.nextTick(proceed, next, failure))
    else proceed(next, beginning)
  }

  #begin(messages: Messages): MaybePromise<void> {
    const { request } = messages
    const met = exchangeIn(request)
    // The same middleware may run twice, as in a second namespace of Socket.IO or an internal redirect.
    if (met !== undefined && met.sessions !== this.sessions) warnTwice()
    if (met !== undefined || Reflect.get(request, 'session')) return
    if (!this.#isConnected) return
    this.#cookieNames.note(request)
    if (this.#settings.covers === undefined && !this.#covers(request)) return
    if (this.sessions.terms.needsSecret && !request.secret)
      throw new SojournError('SECRET_MISSING', 'secret option required for sessions')
    const exchange = join(messages, this.#settings)
    return this.sessions.terms.opensLate ? exchange.reveal() : exchange.open()
  }

  #covers(request: NodeRequest): boolean {
    return coversPath(this.sessions.terms.pathFor(request), request)
  }

  /** An active request uses the middleware that it came through, even if another middleware shares the store. */
  #generate(request: SessionRequest): void {
    const host = request[visitKey]
    if (host === undefined) this.#generateDetached(request)
    else host.generate()
  }

  #generateDetached(request: SessionRequest): void {
    const { id, cookie } = this.sessions.byId.begin(request)
    Object.assign(request, { sessionID: id, sessionStore: this.#settings.store })
    createSession(request, { cookie })
  }

  /** When the store emits `disconnect`, requests get no session until it emits `connect`. */
  #watch(store: CompleteStore): void {
    store.generate = request => this.#generate(request)
    store.on('disconnect', () => {
      this.#isConnected = false
    })
    store.on('connect', () => {
      this.#isConnected = true
    })
  }
}

function join(messages: Messages, settings: ExchangeSettings): Exchange {
  try {
    const exchange = new Exchange(messages, settings)
    holdResponse(messages.response, exchange)
    exchange.attach()
    return exchange
  } catch (cause) {
    const message =
      'Expected a request and a response that accept new properties, got one that refuses them. See `cause`, and mount `session()` before the code that freezes it.'
    throw new SojournError('MESSAGE_UNUSABLE', message, { cause })
  }
}

function proceed(next: Next, failure: Failure | undefined): void {
  if (failure === undefined) next()
  else next(failure.error)
}
