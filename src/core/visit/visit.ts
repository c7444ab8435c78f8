import { parseSetCookie, type SentCookie } from '../cookies/answer-head.ts'
import type { Engine } from '../engine/engine.ts'
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
import { goneError, notOpenError, SojournError } from '../report/errors.ts'
import { publish } from '../report/events.ts'
import type { LiveSession } from '../session/live-session.ts'
import type { Session, SessionHost } from '../session/session.ts'
import { Holding, type HoldOptions, leftError } from '../writing/hold.ts'
import type { Carrier } from './carrier.ts'
import { Commit } from './commit.ts'
import { announceCookie, writeDeletion } from './dues.ts'
import type { Outcome } from './find-session.ts'
import { loadSession } from './load-session.ts'
import { RequestSessions } from './request-sessions.ts'
import { SessionMethods } from './session-methods.ts'

/**
 * One request's dealings with its session, from cookie to cookie.
 *
 * An adapter makes one for each request, and calls in this order:
 *
 * 1. `open`, and waits for it where the store answers later. A look at the session before that is refused.
 * 2. The route looks at `session`, and guards may call `hold` and `markPassive`.
 * 3. `announce`, only for a response whose head leaves before its end: it answers the cookie.
 * 4. `commit`, before the response leaves, or before the end of a stream leaves. A `hold` is refused from here on.
 * 5. `setCookie` or `cookie` says what the head is to carry, unless it has left before.
 *
 * A request whose session nobody looks at may leave out all of them, where the terms say that nothing is due. `serve` makes
 * these calls for a framework whose middleware stands around the route.
 */
export class Visit implements SessionHost {
  readonly #engine: Engine
  readonly #sessions: RequestSessions
  #phase: 'unread' | 'loading' | 'open' | 'failed' | 'committed' = 'unread'
  #opening: MaybePromise<void> = undefined
  /** Why the session could not be loaded. Each look is told, so that nobody takes a failing store for a stranger. */
  #failure: Failure | undefined
  #outcome: Outcome = 'none'
  /** What the application has put in the place of the id, whatever that is. */
  #assigned: { readonly id: unknown } | undefined
  #commit: Commit | undefined
  #committing: MaybePromise<Failure | undefined> = undefined

  constructor(engine: Engine, carrier: Carrier) {
    this.#engine = engine.forRequest()
    this.#sessions = new RequestSessions(
      this.#engine,
      carrier,
      (sessions, live) => new SessionMethods(sessions, live),
    )
  }

  /** What became of the session that the cookie named, as far as anybody has looked for it. */
  get outcome(): Outcome {
    return this.#outcome
  }

  /** What the response's `Set-Cookie` is to say; undefined when it is to say nothing. Known after `commit`. */
  get setCookie(): string | undefined {
    return this.#commit?.setCookie
  }

  /** The same for a framework that writes the header itself. */
  get cookie(): SentCookie | undefined {
    const { setCookie } = this
    return setCookie === undefined ? undefined : parseSetCookie(setCookie)
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

  /** The session; undefined when it was ended or could not be loaded. Looking at it loads it. */
  get session(): Session | undefined {
    this.#openNow()
    return this.#sessions.current?.view
  }

  /** Puts another session in the place of this one, or none. A plain object becomes the session's data. */
  set session(session: unknown) {
    this.#openNow()
    if (session !== this.#sessions.current?.view) this.#sessions.put(String(this.id), session)
  }

  /** Says that this request is no sign of life, such as a poll: it prolongs no session. */
  markPassive(): void {
    this.#sessions.isPassive = true
  }

  /**
   * Waits until this request has its session for itself, and brings it to what is stored by then. Whoever has no
   * stored session waits for nobody.
   *
   * @throws SojournError `LOCK_BUSY` when that takes too long, too many are waiting, or the response has left meanwhile.
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

  /** Lets the next request have the session, if this one has it. */
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

  /** Begins a new session at once, in the place of the one that is there. */
  generate(): Session {
    if (this.#phase === 'unread') this.#openNow()
    this.#begin()
    this.#assigned = undefined
    return this.#sessions.succeed().view
  }

  /** Takes a session that was made from stored data, under the id that the request has now. */
  adopt(data: object): Session {
    const { id } = this
    this.#assigned = undefined
    return this.#sessions.adopt(String(id), data).view
  }

  /**
   * Decides the cookie of a response that leaves before it has ended, and answers its `Set-Cookie`.
   * What changes later is stored, and the cookie stays as it was said here.
   */
  announce(): string | undefined {
    const sessions = this.#sessions
    const { isAnnounced, current: live } = sessions
    sessions.isAnnounced = true
    if (isAnnounced || this.#phase !== 'open') return undefined
    if (live === undefined) return sessions.hasDestroyed ? writeDeletion(sessions) : undefined
    return this.#isStorable(live) ? announceCookie(sessions, live) : undefined
  }

  /**
   * Stores what has changed, or records activity, or does nothing where nothing is due. Does so once: each further call
   * answers what became of the first.
   */
  commit(): MaybePromise<void> {
    this.#sessions.isOver = true
    if (this.#phase === 'open') {
      this.#phase = 'committed'
      this.#committing = failureOf(() => this.#commitNow())
    } else if (this.#phase === 'unread') this.#sessions.isAnnounced = true
    return demandSuccess(this.#committing)
  }

  /** Does all that is due for a response that is about to be whole. `commit` then stores what has changed since. */
  flush(): MaybePromise<void> {
    return this.#phase === 'open' ? this.#sessions.inTurn(() => this.#end()) : undefined
  }

  #commitNow(): MaybePromise<void> {
    const { holding } = this.#sessions
    holding?.abandon()
    return this.#sessions.inTurn(() =>
      lastly(
        () => this.#end(),
        () => {
          this.#sessions.lateChanges.watchHandedOut()
          return holding?.release()
        },
      ),
    )
  }

  #end(): MaybePromise<void> {
    const sessions = this.#sessions
    return lastly(
      () => chain(sessions.endLeaving(), () => this.#finish()),
      () => {
        // What comes now comes too late for the cookie, also where the response has left in one piece.
        sessions.isAnnounced = true
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
    const code = error instanceof SojournError ? error.code : undefined
    const isCorrupt = code === 'RECORD_CORRUPT'
    const isLoadFailure = isCorrupt || code === 'STORE_FAILED' || code === 'STORE_TIMED_OUT'
    this.#phase = 'failed'
    this.#outcome = isCorrupt ? 'tampered' : 'failed'
    if (isCorrupt) publish('tampered', () => ({ handle: undefined, reason: 'record' }))
    if (isLoadFailure && this.#engine.policy.onLoadFailure !== 'fail') return
    this.#failure = { error: this.#engine.reported(error) }
    throw this.#failure.error
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

  /** Says that somebody has ended the session meanwhile, in the way that the application has chosen. */
  #tellGone(live: LiveSession): void {
    if (!live.hasEnded) return
    this.#outcome = 'revoked'
    if (this.#engine.policy.onGone === 'fail') throw goneError()
  }

  /** An application that has made the id something else than text has given the session up. */
  #isStorable(live: LiveSession): boolean {
    return !live.hasEnded && (this.#assigned === undefined || typeof this.#assigned.id === 'string')
  }
}
