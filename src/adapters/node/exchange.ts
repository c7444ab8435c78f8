import type { Carrier, ParsedCookie } from '../../core/carrier.ts'
import { chain } from '../../core/maybe-promise.ts'
import type { Session } from '../../core/session.ts'
import type { SessionData } from '../../core/session-data.ts'
import type { Sessions, TypedVisit } from '../../core/sessions.ts'
import type { Secret } from '../../core/signer.ts'
import type { MaybePromise } from '../../core/store.ts'
import type { CompleteStore } from '../../session/store.ts'
import { type Commitment, HeldResponse } from './held-response.ts'
import type { Next, NodeRequest, NodeResponse, RequestHost } from './messages.ts'
import { ownSession } from './request-names.ts'
import { nativeMethods, nativeMethodsOf, ownMethods } from './response-methods.ts'

/** What all exchanges of one middleware share. */
export interface ExchangeSettings {
  readonly sessions: Sessions
  /** What `req.sessionStore` is. */
  readonly store: CompleteStore
  /** Whom to believe that the connection is secure: a proxy's header, only the socket, or the framework. */
  readonly proxy: boolean | undefined
  readonly onCommitFailure: 'fail' | 'send'
}

/** What a framework hands to a middleware. */
export interface Messages {
  readonly request: NodeRequest
  readonly response: NodeResponse
  readonly next: Next
}

/** One request and its response, as the core sees them, and their session, as the application sees it. */
export class Exchange implements Carrier, Commitment, RequestHost {
  readonly request: NodeRequest
  readonly visit: TypedVisit<SessionData>
  readonly #response: NodeResponse
  readonly #settings: ExchangeSettings
  readonly #next: Next
  /** What is between the application and its response; undefined where that waits for the first look. */
  #held: HeldResponse | undefined
  #isPrepared = false

  constructor({ request, response, next }: Messages, settings: ExchangeSettings) {
    this.request = request
    this.#response = response
    this.#next = next
    this.#settings = settings
    this.visit = settings.sessions.visit(this)
  }

  /**
   * Takes the place in front of a response that has been patched already. One that is Node's own comes here by
   * itself, so that nothing is put on it.
   */
  takePlace(): void {
    if (nativeMethods(this.#response) !== undefined) return
    this.#held = new HeldResponse(this.#response, this, ownMethods(this.#response))
    this.#held.install()
  }

  /** What stands between the methods of the response and Node's own, where no patch has brought it further up. */
  get responseHost(): HeldResponse | undefined {
    return this.#held?.isInstalled === true ? undefined : this.#held
  }

  get cookieHeader(): unknown {
    return this.request.headers.cookie
  }

  get isSecure(): boolean {
    return isSecure(this.request, this.#settings.proxy)
  }

  get secret(): Secret | undefined {
    // cookie-parser puts there what the application has given it.
    return this.request.secret as Secret | undefined
  }

  get store(): CompleteStore {
    return this.#settings.store
  }

  get sendsAnyway(): boolean {
    return this.#settings.onCommitFailure === 'send'
  }

  get id(): unknown {
    this.prepare()
    return this.visit.id
  }

  set id(id: unknown) {
    this.prepare()
    this.visit.id = id
  }

  parsedCookie(name: string): ParsedCookie | undefined {
    const { signedCookies, cookies } = this.request
    const verified = cookieIn(signedCookies, name)
    if (verified !== undefined) return { value: verified, isVerified: true }
    const value = cookieIn(cookies, name)
    return value === undefined ? undefined : { value, isVerified: false }
  }

  look(): unknown {
    if (this.#isPrepared) return undefined
    this.prepare()
    return this.request.session
  }

  prepare(): void {
    if (this.#isPrepared) return
    this.#isPrepared = true
    this.show(this.visit.session)
    this.#held ??= new HeldResponse(this.#response, this, nativeMethodsOf(this.#response))
    this.#held.begin()
  }

  /** What cannot become an error response any more is the application's to know. */
  fail(error: unknown): void {
    process.nextTick(this.#next, error)
  }

  /** The same for a store that answers later, before the route runs. */
  open(): MaybePromise<void> {
    return chain(this.visit.open(), () => this.prepare())
  }

  show(session: Session | undefined): void {
    if (session === undefined) delete this.request.session
    else if (Object.hasOwn(this.request, 'session')) this.request.session = session
    else ownSession(this.request, session)
  }

  adopt(data: object): Session {
    return this.visit.adopt(data)
  }

  generate(): Session {
    this.prepare()
    return this.visit.generate()
  }

  announce(): string | undefined {
    if (!this.#isPrepared) return undefined
    this.#settle()
    return this.visit.announce()
  }

  commit(): MaybePromise<void> {
    if (!this.#isPrepared) return
    this.#settle()
    return this.visit.commit()
  }

  get setCookie(): string | undefined {
    return this.visit.setCookie
  }

  /** Hands the core what the application has left in the place of the session. */
  #settle(): void {
    const { request, visit } = this
    const session = Object.hasOwn(request, 'session') ? request.session : undefined
    if (session !== visit.session) visit.session = session as Session | undefined
  }
}

function cookieIn(cookies: unknown, name: string): string | undefined {
  if (typeof cookies !== 'object' || cookies === null || !Object.hasOwn(cookies, name)) return undefined
  const value: unknown = Reflect.get(cookies, name)
  return typeof value === 'string' ? value : undefined
}

function isSecure(request: NodeRequest, proxy: boolean | undefined): boolean {
  if (request.socket && 'encrypted' in request.socket && request.socket.encrypted) return true
  if (proxy === false) return false
  if (proxy !== true) return request.secure === true
  const header = request.headers['x-forwarded-proto']
  const first = typeof header === 'string' ? header.split(',', 1)[0] : undefined
  return first?.trim().toLowerCase() === 'https'
}
