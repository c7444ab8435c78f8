import { parseSetCookie, type SentCookie } from '../cookies/answer-head.ts'
import type { Engine } from '../engine/engine.ts'
import type { Terms } from '../engine/terms.ts'
import {
  attempt,
  chain,
  demandSuccess,
  type Failure,
  failureOf,
  isPromised,
  lastly,
} from '../record/maybe-promise.ts'
import type { MaybePromise } from '../record/store.ts'
import { goneError, notOpenError } from '../report/errors.ts'
import type { LiveSession } from '../session/live-session.ts'
import type { Session, SessionHost } from '../session/session.ts'
import { Holding, type HoldOptions, leftError } from '../writing/hold.ts'
import type { Carrier } from './carrier.ts'
import { Commit } from './commit.ts'
import { announceCookie, writeDeletion } from './dues.ts'
import type { Outcome } from './find-session.ts'
import { watchHandedOut } from './late-changes.ts'
import { failedLoad, loadSession } from './load-session.ts'
import { RequestSessions } from './request-sessions.ts'
import { SessionMethods } from './session-methods.ts'

/**
 * Loads the session of one request, and saves it at the end.
 *
 * An adapter makes one visit for each request, and calls in this order:
 *
 * 1. `open`, and awaits it. With a store that does not answer at once, an access to the session before that throws.
 * 2. The route uses `session`. Guards may call `hold` and `markPassive`.
 * 3. `announce`, only if the head leaves before the end of the response. It returns the `Set-Cookie`.
 * 4. `commit`, before the response leaves, or before the end of a stream leaves. From here on, `hold` throws.
 * 5. `setCookie` or `cookie` gives the cookie for the head, unless the head has already left.
 *
 * If `terms.opensLate` is true, an adapter may skip `open`, and all calls for a request that never accesses its session. `serve`
 * makes these calls for a framework whose middleware wraps the route.
 */
export class Visit implements SessionHost {
  /** The facts about the manager that the adapter needs. */
  readonly terms: Terms
  readonly #engine: Engine
  readonly #sessions: RequestSessions
  #phase: 'unread' | 'loading' | 'open' | 'failed' | 'committed' = 'unread'
  #opening: MaybePromise<void> = undefined
  /** Why the load failed. Each access to the session throws it: a failing store must not make visitors look anonymous. */
  #failure: Failure | undefined
  #outcome: Outcome = 'none'
  /** The value that the application has assigned as the id. */
  #assigned: { readonly id: unknown } | undefined
  #commit: Commit | undefined
  #announced: string | undefined
  #committing: MaybePromise<Failure | undefined> = undefined

  constructor(engine: Engine, carrier: Carrier) {
    this.terms = engine.terms
    this.#engine = engine.forRequest()
    this.#sessions = new RequestSessions(
      this.#engine,
      carrier,
      (sessions, live) => new SessionMethods(sessions, live),
    )
  }

  /** The outcome of loading the session that the cookie names; 'none' before the load. */
  get outcome(): Outcome {
    return this.#outcome
  }

  /** The value for the `Set-Cookie` of the response; undefined if it needs none. Known after `announce` or `commit`. */
  get setCookie(): string | undefined {
    return this.#commit?.setCookie ?? this.#announced
  }

  /** The same as an object, for a framework that writes the header itself. */
  get cookie(): SentCookie | undefined {
    return this.setCookie === undefined ? undefined : parseSetCookie(this.setCookie)
  }

  /** The session's id. An application may assign another, as it may with express-session. */
  get id(): unknown {
    if (this.#assigned !== undefined) return this.#assigned.id
    if (this.#phase === 'unread') this.#openNow()
    const { current, last, brought } = this.#sessions
    return (current ?? last)?.id ?? brought?.id
  }

  set id(id: unknown) {
    this.#assigned = { id }
  }

  /** The session; undefined if it has ended or could not be loaded. The first access loads it. */
  get session(): Session | undefined {
    this.#openNow()
    return this.#sessions.current?.view
  }

  /** Replaces the session with another one or with none. A plain object becomes the data of the session. */
  set session(session: unknown) {
    this.#openNow()
    if (session !== this.#sessions.current?.view) this.#sessions.put(String(this.id), session)
  }

  /** Marks this request as passive, such as a poll: it does not count as activity, and prolongs no session. */
  markPassive(): void {
    this.#sessions.isPassive = true
  }

  /**
   * Waits until this request holds its session exclusively, and loads its newest data. A request without a stored session
   * does not wait.
   *
   * @throws SojournError `LOCK_BUSY` if the wait takes too long, the queue is full, or the response has left meanwhile.
   */
  async hold(options: HoldOptions): Promise<void> {
    await this.open()
    const sessions = this.#sessions
    const live = sessions.current
    if (live?.state !== 'stored') return
    if (this.#phase === 'committed') throw leftError()
    sessions.holding ??= new Holding(this.#engine, each => sessions.writer.save(each, each.encode()))
    await sessions.holding.begin(live, options)
    this.#tellGone(live)
  }

  /** Lets the next request hold the session, if this one does. */
  async release(): Promise<void> {
    await this.#sessions.holding?.release()
  }

  /** Loads the session, or begins a new one for a visitor who has none. */
  open(): MaybePromise<void> {
    if (this.#failure !== undefined && !isPromised(this.#opening)) throw this.#failure.error
    if (this.#phase !== 'unread') return this.#opening
    this.#phase = 'loading'
    this.#opening = attempt(
      () => this.#engine.limit.run(() => chain(loadSession(this.#sessions), outcome => this.#begin(outcome))),
      error => this.#giveUp(error),
    )
    return this.#opening
  }

  /** Replaces the session with a new one at once. */
  generate(): Session {
    if (this.#phase === 'unread') this.#openNow()
    this.#begin()
    this.#assigned = undefined
    return this.#sessions.succeed().view
  }

  /** Makes stored data the session of the request, under the request's present id. */
  adopt(data: object): Session {
    const { id } = this
    this.#assigned = undefined
    return this.#sessions.adopt(String(id), data).view
  }

  /**
   * Decides the cookie of a response whose head leaves before its end, and returns the `Set-Cookie`. Later changes of the
   * session are saved, but cannot change the cookie.
   */
  announce(): string | undefined {
    const sessions = this.#sessions
    const { isAnnounced, current: live } = sessions
    sessions.isAnnounced = true
    if (isAnnounced || this.#phase !== 'open') return undefined
    if (live !== undefined)
      this.#announced = this.#isStorable(live) ? announceCookie(sessions, live) : undefined
    else if (sessions.hasDestroyed) this.#announced = writeDeletion(sessions)
    return this.#announced
  }

  /**
   * Saves the changes of the session, or records activity, or does nothing if neither is due. Only the first call does
   * something. Further calls return its result.
   */
  commit(): MaybePromise<void> {
    this.#sessions.isOver = true
    if (this.#phase === 'open') {
      this.#phase = 'committed'
      this.#committing = failureOf(() => this.#commitNow())
    } else if (this.#phase === 'unread') this.#sessions.isAnnounced = true
    return demandSuccess(this.#committing)
  }

  /** Saves, and decides the cookie, before the last part of a response. `commit` then saves only later changes. */
  flush(): MaybePromise<void> {
    if (this.#phase !== 'open') return
    const { isAnnounced } = this.#sessions
    return this.#sessions.inTurn(() =>
      attempt(
        () => this.#end(),
        error => this.#takeBack(error, isAnnounced),
      ),
    )
  }

  /** After a failed flush no part of the response has left, so the commit starts again from the beginning. */
  #takeBack(error: unknown, isAnnounced: boolean): never {
    if (this.#engine.sendsAnyway) throw error
    this.#commit = undefined
    this.#sessions.isAnnounced = isAnnounced
    throw error
  }

  #commitNow(): MaybePromise<void> {
    const { holding } = this.#sessions
    holding?.abandon()
    return this.#sessions.inTurn(() =>
      lastly(
        () => this.#end(),
        () => holding?.release(),
      ),
    )
  }

  #end(): MaybePromise<void> {
    return lastly(
      () => chain(this.#sessions.endLeaving(), () => this.#finish()),
      () => {
        // From here on it is too late to change the cookie, also if the response leaves in one piece.
        this.#sessions.isAnnounced = true
        watchHandedOut(this.#sessions)
      },
    )
  }

  #begin(outcome: Outcome = this.#outcome): void {
    this.#outcome = outcome
    if (this.#phase === 'loading') this.#phase = 'open'
  }

  #openNow(): void {
    const isOpened = this.#phase !== 'unread' && this.#phase !== 'loading'
    if (isOpened && (this.#failure === undefined || isPromised(this.#opening))) return
    const opening = this.open()
    if (!isPromised(opening)) return
    opening.catch(() => undefined)
    throw notOpenError(this.#engine.store.name)
  }

  #giveUp(error: unknown): void {
    const { outcome, failure } = failedLoad(this.#engine, error)
    this.#phase = 'failed'
    this.#outcome = outcome
    this.#failure = failure
    if (failure !== undefined) throw failure.error
  }

  #finish(): MaybePromise<void> {
    if (!this.#engine.sendsAnyway) this.#sessions.failures.demandHearing()
    const { current: live } = this.#sessions
    const flushed = this.#commit
    this.#commit ??= new Commit(this.#sessions)
    if (live === undefined) return this.#commit.finishWithout()
    if (!this.#isStorable(live)) return
    const finishing = flushed === undefined ? this.#commit.finish(live) : flushed.finishRest(live)
    return chain(finishing, () => this.#tellGone(live))
  }

  /** Reports that the session has ended meanwhile: always as the outcome, and with `onGone: 'fail'` as an error. */
  #tellGone(live: LiveSession): void {
    if (!live.hasEnded) return
    this.#outcome = 'revoked'
    if (this.#engine.policy.onGone === 'fail') throw goneError()
  }

  /** Whether to save the session. An application that assigns anything but text to the id gives the session up. */
  #isStorable(live: LiveSession): boolean {
    return !live.hasEnded && (this.#assigned === undefined || typeof this.#assigned.id === 'string')
  }
}
