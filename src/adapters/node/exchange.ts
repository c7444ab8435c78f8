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

/** The settings that all exchanges of one middleware share. */
export interface ExchangeSettings {
  readonly sessions: Sessions
  /** The value of `req.sessionStore`. */
  readonly store: CompleteStore
  /** What tells that the connection is secure: a proxy's header (true), only the socket (false), or the framework. */
  readonly proxy: boolean | undefined
  /** Whether a request gets a session. Set only where this is decided at the first access to the session. */
  readonly covers: ((request: NodeRequest) => boolean) | undefined
}

/** A request that may have passed the middleware. */
type MetRequest = NodeRequest & {
  [visitKey]?: Exchange
  readonly session?: object | null
  sessionStore?: CompleteStore
}

/**
 * The own properties `session` and `sessionID` of a request. All requests share the accessors, which find the exchange
 * on `this`: an object that inherits from the request has the same session.
 */
const names = { session: accessor('session', 'session'), sessionID: accessor('sessionID', 'id') }

/** Connects a request with its session: the carrier that the core reads, and the properties that the application sees. */
export class Exchange implements Carrier {
  readonly request: NodeRequest
  readonly sessions: Sessions
  readonly #settings: ExchangeSettings
  readonly #next: Messages['next']
  /** Made at the first use: most requests never access their session. */
  #visit: TypedVisit<SessionData> | undefined
  /** Whether `req.session` has been defined. The application may have deleted it since. */
  #isRevealed = false
  /** What the application has assigned to `req.session`. */
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

  /** Defines the properties that a request has before its session is loaded. Throws for a frozen request. */
  attach(): void {
    const request: MetRequest = this.request
    request[visitKey] = this
    request.sessionStore = this.#settings.store
    Object.defineProperty(request, 'sessionID', names.sessionID)
  }

  /** Defines `req.session`. With a store that answers at once, the session is loaded at the first access. */
  reveal(): void {
    this.#isRevealed = true
    Object.defineProperty(this.request, 'session', names.session)
  }

  /** Loads the session before the route runs, for a store that answers later. */
  open(): MaybePromise<void> {
    return chain(this.visit.open(), () => this.reveal())
  }

  /** Whether the request gets a session. If not, the middleware leaves it alone. */
  get isCovered(): boolean {
    this.#isCovered ??= this.#settings.covers?.(this.request) ?? true
    return this.#isCovered
  }

  get visit(): TypedVisit<SessionData> {
    if (this.#visit !== undefined) return this.#visit
    this.#visit = this.sessions.visit(this)
    // A visit that begins too late for a cookie sends none. One that begins after the end is committed at once: later changes
    // are not saved, and warn.
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
    // cookie-parser sets it to the secret that the application gave it.
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
    return this.sessions.terms.sendsAnyway
  }

  /** The value of `Set-Cookie`. Known after the commit. */
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

  /** Keeps the assigned value until the response leaves. Then the visit takes it as the session. */
  set session(session: unknown) {
    this.#assigned = { session }
  }

  parsedCookie(name: string): ParsedCookie | undefined {
    return parsedCookie(this.request, name)
  }

  /** Passes an error to the application's error handler. */
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

  /** Decides the cookie of a head that leaves before the end. An error cannot stop a stream; its commit will fail too. */
  announce(): string | undefined {
    try {
      this.#settle()
      this.#left = 'head'
      return this.#visit?.announce()
    } catch (error) {
      return void this.fail(error)
    }
  }

  /** Saves the session. A request that never accessed its session has nothing to save. */
  commit(): MaybePromise<void> {
    try {
      this.#settle()
    } catch (error) {
      // The application has assigned something that is no session. The request is over, so its lock is released.
      void this.visit.release()
      throw error
    }
    this.#left = 'whole'
    return this.#visit?.commit()
  }

  /** Saves the changes so far. The commit saves the rest. */
  flush(): MaybePromise<void> {
    this.#settle()
    return this.#visit?.flush()
  }

  /** The visit, after it has taken the session that the application assigned to the request. */
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
 * The exchange of a request, for middleware that is mounted after `session()`.
 *
 * @throws SojournError `OPTION_INVALID` when `session()` has not run before.
 */
export function exchangeOf(request: object, wanted: string): Exchange {
  const exchange = exchangeIn(request as MetRequest)
  if (exchange !== undefined) return exchange
  throw new SojournError(
    'OPTION_INVALID',
    `Expected \`${wanted}\` to run after the middleware of \`session()\`, got a request that has not passed it. Mount \`session()\` first.`,
  )
}

/** The exchange of a request; undefined if no middleware has given it a session. */
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
