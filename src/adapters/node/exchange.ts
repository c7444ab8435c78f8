import type { Secret } from '../../core/keys/secret.ts'
import { chain } from '../../core/record/maybe-promise.ts'
import type { MaybePromise } from '../../core/record/store.ts'
import { SojournError } from '../../core/report/errors.ts'
import { type Session, visitKey } from '../../core/session/session.ts'
import type { SessionData } from '../../core/session/session-data.ts'
import type { Sessions, TypedVisit } from '../../core/sessions.ts'
import type { Carrier, ParsedCookie } from '../../core/visit/carrier.ts'
import { isSecure } from '../../core/visit/connection.ts'
import type { CompleteStore } from '../../session/store.ts'
import { NodeConnection } from './connection.ts'
import type { Messages, NodeRequest } from './messages.ts'
import { parsedCookie } from './parsed-cookie.ts'

/** What all exchanges of one middleware share. */
export interface ExchangeSettings {
  readonly sessions: Sessions
  /** What `req.sessionStore` is. */
  readonly store: CompleteStore
  /** Whom to believe that the connection is secure: a proxy's header, only the socket, or the framework. */
  readonly proxy: boolean | undefined
  /** Tells whether a request gets a session. Given where that is found out only when somebody looks. */
  readonly covers: ((request: NodeRequest) => boolean) | undefined
}

/** A request that may have met the middleware. */
type MetRequest = NodeRequest & {
  [visitKey]?: Exchange
  readonly session?: object | null
  sessionStore?: CompleteStore
}

/**
 * `session` and `sessionID`, as properties of a request's own. The accessors are shared and find their exchange
 * on the request, so that an object that inherits from the request shows the same session.
 */
const names = { session: accessor('session', 'session'), sessionID: accessor('sessionID', 'id') }

/** One request as the core sees it, and its session as the request shows it. */
export class Exchange implements Carrier {
  readonly request: NodeRequest
  readonly sessions: Sessions
  readonly #settings: ExchangeSettings
  readonly #next: Messages['next']
  /** Made when something is asked of it for the first time: most requests never look at their session. */
  #visit: TypedVisit<SessionData> | undefined
  /** Whether the request has been given its session to show. The application may have taken it away since. */
  #isRevealed = false
  /** What the application has put in the place of the session. */
  #assigned: { readonly session: unknown } | undefined
  #isCovered: boolean | undefined
  /** How much of the response has left, or is about to: a visit may begin after that. */
  #left: 'nothing' | 'head' | 'whole' = 'nothing'

  constructor({ request, next }: Messages, settings: ExchangeSettings) {
    this.request = request
    this.sessions = settings.sessions
    this.#next = next
    this.#settings = settings
  }

  /** Gives the request the names that it has before its session is there. A frozen request throws. */
  attach(): void {
    const request: MetRequest = this.request
    request[visitKey] = this
    request.sessionStore = this.#settings.store
    Object.defineProperty(request, 'sessionID', names.sessionID)
  }

  /** Lets the request show its session. A store that answers at once is asked only when somebody looks. */
  reveal(): void {
    this.#isRevealed = true
    Object.defineProperty(this.request, 'session', names.session)
  }

  /** Loads the session, for a store that answers later. */
  open(): MaybePromise<void> {
    return chain(this.visit.open(), () => this.reveal())
  }

  /** Whether the request gets a session. One that gets none is left alone, as if it had not met the middleware. */
  get isCovered(): boolean {
    this.#isCovered ??= this.#settings.covers?.(this.request) ?? true
    return this.#isCovered
  }

  get visit(): TypedVisit<SessionData> {
    if (this.#visit !== undefined) return this.#visit
    this.#visit = this.sessions.visit(this)
    // One that begins too late for a cookie has none, and one that begins after the end stores nothing by itself.
    if (this.#left === 'head') this.#visit.announce()
    if (this.#left === 'whole') void this.#visit.commit()
    return this.#visit
  }

  get cookieHeader(): unknown {
    return this.request.headers?.cookie
  }

  get isSecure(): boolean {
    return isSecure(new NodeConnection(this.request), this.#settings.proxy)
  }

  get secret(): Secret | undefined {
    // cookie-parser puts there what the application has given it.
    return this.request.secret as Secret | undefined
  }

  get purpose(): unknown {
    return this.request.headers?.['sec-purpose']
  }

  get userAgent(): string | undefined {
    return this.request.headers?.['user-agent']
  }

  get address(): string | undefined {
    return new NodeConnection(this.request).address
  }

  get sendsAnyway(): boolean {
    return this.sessions.terms.onCommitFailure === 'send'
  }

  /** What `Set-Cookie` says. Known once the commit is done. */
  get setCookie(): string | undefined {
    return this.#visit?.setCookie
  }

  get id(): unknown {
    return this.visit.id
  }

  set id(id: unknown) {
    this.visit.id = id
  }

  get session(): unknown {
    return this.#assigned === undefined ? this.visit.session : this.#assigned.session
  }

  /** Keeps what was assigned as it is until the response leaves: then the visit takes it for the session. */
  set session(session: unknown) {
    this.#assigned = { session }
  }

  parsedCookie(name: string): ParsedCookie | undefined {
    return parsedCookie(this.request, name)
  }

  /** Hands an error to the application's error handler. */
  fail(error: unknown): void {
    process.nextTick(this.#next, error)
  }

  show(session: Session | undefined): void {
    this.#assigned = undefined
    if (session === undefined) Reflect.deleteProperty(this.request, 'session')
    else this.reveal()
  }

  adopt(data: object): Session {
    return this.visit.adopt(data)
  }

  generate(): Session {
    return this.visit.generate()
  }

  /** Decides the cookie of a head that leaves before the end. A failure cannot stop a stream; its commit fails as well. */
  announce(): string | undefined {
    try {
      this.#settle()
      this.#left = 'head'
      return this.#visit?.announce()
    } catch (error) {
      return void this.fail(error)
    }
  }

  /** Stores what is to be stored. A request that never looked at its session has nothing to store. */
  commit(): MaybePromise<void> {
    try {
      this.#settle()
    } catch (error) {
      // What the application has left is no session, and the request is over all the same.
      void this.visit.release()
      throw error
    }
    this.#left = 'whole'
    return this.#visit?.commit()
  }

  /** Stores what has changed so far. The commit stores the rest. */
  flush(): MaybePromise<void> {
    this.#settle()
    return this.#visit?.flush()
  }

  /** The visit, with the session that the application has left on the request. */
  settled(): TypedVisit<SessionData> {
    this.#settle()
    return this.visit
  }

  #settle(): void {
    const left = Object.getOwnPropertyDescriptor(this.request, 'session')
    // A session that is still being loaded is not on the request yet.
    const isAbsent = left === undefined && (this.#visit === undefined || !this.#isRevealed)
    if (isAbsent || (left?.get === names.session.get && this.#assigned === undefined)) return
    if (this.isCovered)
      this.visit.session = left === undefined ? undefined : (this.request as MetRequest).session
  }
}

/**
 * The exchange of a request that the middleware has seen, for what is mounted behind it.
 *
 * @throws SojournError `OPTION_INVALID` when the session's middleware has not run before.
 */
export function exchangeOf(request: object, wanted: string): Exchange {
  const exchange = exchangeIn(request as MetRequest)
  if (exchange !== undefined) return exchange
  throw new SojournError(
    'OPTION_INVALID',
    `Expected \`${wanted}\` behind the middleware of \`session()\`, got a request that it has not seen. Mount that first.`,
  )
}

/** The exchange of a request that has met a middleware; undefined where that gives it no session. */
export function exchangeIn(request: MetRequest): Exchange | undefined {
  const { [visitKey]: exchange } = request
  return exchange?.isCovered === false ? undefined : exchange
}

function accessor(property: string, name: 'session' | 'id'): PropertyDescriptor {
  return {
    configurable: true,
    enumerable: true,
    get(this: MetRequest): unknown {
      return exchangeIn(this)?.[name]
    },
    set(this: MetRequest, value: unknown): void {
      const exchange = exchangeIn(this)
      if (exchange !== undefined) exchange[name] = value
      else
        Object.defineProperty(this, property, { value, writable: true, enumerable: true, configurable: true })
    },
  }
}
