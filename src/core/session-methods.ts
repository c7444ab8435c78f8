import { AsyncLocalStorage } from 'node:async_hooks'
import { within } from './deadline.ts'
import type { Engine } from './engine.ts'
import { goneError, headSentError, notFoundError, SojournError, unableError } from './errors.ts'
import { publish } from './events.ts'
import { rereadSession } from './find-session.ts'
import type { LiveActions, LiveSession } from './live-session.ts'
import { chain, lastly } from './maybe-promise.ts'
import type { RequestSessions } from './request-sessions.ts'
import type { Session, SessionActions, SignInOptions, SignOutOptions } from './session.ts'
import { SignIn } from './sign-in.ts'
import { anonymous } from './standing.ts'
import type { MaybePromise } from './store.ts'

/** A call of an `update`'s function. */
interface UpdateCall {
  readonly sessions: RequestSessions
  readonly key: string
  isRunning: boolean
  /** Set once nobody waits for the function any more. */
  isLate: boolean
}

/**
 * Which function of an `update` has made a call. A method that the function calls would wait for the update, and
 * the update for the method. Other code of the same request may call the same method at the same moment, and then has
 * to wait. Only the asynchronous context tells the two apart, and it is entered for such functions alone.
 */
const updating = new AsyncLocalStorage<UpdateCall>()

/** What the methods of one session of a request do. Those of one request run one after the other. */
export class SessionMethods implements LiveActions {
  readonly live: LiveSession
  readonly #engine: Engine
  readonly #sessions: RequestSessions

  constructor(sessions: RequestSessions, live: LiveSession) {
    this.#engine = sessions.engine
    this.#sessions = sessions
    this.live = live
  }

  get id(): string {
    return this.live.id
  }

  get handle(): string {
    return this.#engine.handleOf(this.live.id)
  }

  get isStored(): boolean {
    return this.live.state === 'stored'
  }

  get request(): unknown {
    return this.#sessions.request
  }

  get subject(): string | undefined {
    return this.live.facts.subject
  }

  get authenticatedAt(): number | undefined {
    return this.live.facts.authenticatedAt
  }

  now(): number {
    return this.#engine.now()
  }

  renewCookie(): void {
    this.live.renewCookie()
  }

  save(): Promise<void> {
    return this.#run('save', () => this.#save())
  }

  reload(): Promise<void> {
    return this.#run('reload', () => this.#reload())
  }

  /**
   * The session is no longer the request's from this moment, as in express-session. If it cannot be removed, the end of
   * the request tries once more.
   */
  async destroy(): Promise<void> {
    this.#refuseNested('destroy')
    this.#sessions.giveUp(this.live)
    await this.#run('destroy', () => this.#sessions.end(this.live))
  }

  regenerate(): Promise<void> {
    return this.#run('regenerate', () => this.#regenerate())
  }

  async update<Result>(change: (session: Session) => MaybePromise<Result>): Promise<Result> {
    let result: Result | undefined
    const apply = (): MaybePromise<void> =>
      chain(this.#call(change), answer => {
        result = answer
      })
    await this.#run('update', () => this.#update(apply))
    // The change has been made at least once, and its last answer counts.
    return result as Result
  }

  rotate(): Promise<void> {
    return this.#run('rotate', () => this.#rotate())
  }

  signIn(subject: string, options: SignInOptions): Promise<void> {
    return this.#run('signIn', () => new SignIn(this.#sessions).signIn(this.live, { ...options, subject }))
  }

  signOut(options: SignOutOptions): Promise<void> {
    return this.#run('signOut', () => new SignIn(this.#sessions).signOut(this.live, options))
  }

  /**
   * Runs what a method of a session does after what another of this request is still doing. Whoever ends
   * the response waits for it, whether or not the application has.
   */
  async #run(method: keyof SessionActions, work: () => MaybePromise<void>): Promise<void> {
    try {
      this.#refuseNested(method)
      const { underWay } = this.#sessions
      const working = (): MaybePromise<void> => this.#engine.limit.run(work)
      await this.#sessions.note(underWay === undefined ? working() : underWay.then(working))
    } catch (error) {
      throw this.#engine.reported(error)
    }
  }

  #save(): MaybePromise<void> {
    const { live } = this
    this.#demandLife()
    const encoded = live.encode()
    live.savedAs = encoded
    return chain(this.#sessions.writer.save(live, encoded), () => this.#demandLife())
  }

  /** Requests of this process take turns, so that only those of another one are ever quicker. */
  async #update(apply: () => MaybePromise<void>): Promise<void> {
    const { live } = this
    this.#demandLife()
    const { turns, limit } = this.#engine
    // Whoever waits for a turn waits for others, and not for the store: the time counts from when it has come.
    await turns.take(this.#key, async () => limit.run(() => this.#sessions.writer.update(live, apply)))
    this.#demandLife()
  }

  #call<Result>(change: (session: Session) => MaybePromise<Result>): MaybePromise<Result> {
    const call = { sessions: this.#sessions, key: this.#key, isRunning: true, isLate: false }
    const answer = lastly(
      () => updating.run(call, () => change(this.#viewFor(call))),
      () => {
        call.isRunning = false
      },
    )
    const { limit } = this.#engine
    return within(limit, answer, () => {
      call.isLate = true
      return lateError(limit.spanMs)
    })
  }

  /** Shows the session to the function of an `update`. Once the function was given up it cannot change anything. */
  #viewFor(call: UpdateCall): Session {
    const { live } = this
    const { spanMs } = this.#engine.limit
    return live.viewThrough({
      actions: this,
      get cookie() {
        return live.cookie
      },
      replaceCookie: cookie => live.replaceCookie(cookie),
      suspect() {
        if (call.isLate) throw lateError(spanMs)
        live.suspect()
      },
      checkAssigned: (name, value) => live.checkAssigned(name, value),
    })
  }

  #refuseNested(method: keyof SessionActions): void {
    const call = updating.getStore()
    if (call?.isRunning !== true) return
    if (call.sessions === this.#sessions || call.key === this.#key) throw nestedError(method)
  }

  #rotate(): MaybePromise<void> {
    const { live } = this
    const engine = this.#engine
    this.#demandLife()
    if (engine.keepsSessions) throw unableError(engine.store.name, 'rotate ids')
    if (this.#sessions.isAnnounced) throw headSentError('rotate the id')
    // Whoever was led to the new id has it: an old id never rotates by itself.
    if (live.isFollowing || live.state !== 'stored') return
    return chain(this.#sessions.writer.rotate(live), () => this.#demandLife())
  }

  #reload(): MaybePromise<void> {
    const sessions = this.#sessions
    return chain(rereadSession(this.#engine, this.live.id), found => {
      if (found === undefined) throw notFoundError()
      sessions.show(sessions.receive(found))
    })
  }

  /**
   * Of two at the same time only one has ended the session, and only that one may begin another. If the session cannot
   * be removed the request keeps it: a failing store signs nobody out, and leaves nobody with two sessions.
   */
  async #regenerate(): Promise<void> {
    const { live } = this
    const { createdAt } = live.facts
    const wasEnded = live.hasEnded
    const isOurs = (await this.#sessions.writer.delete(live)) || wasEnded
    const next = this.#sessions.succeed({
      ...anonymous,
      createdAt: this.#engine.keepsSessions ? undefined : createdAt,
    })
    if (isOurs) return
    next.markAbsent('ended')
    this.#tellGone()
  }

  get #key(): string {
    return this.#engine.keyOf(this.live.id)
  }

  #demandLife(): void {
    if (this.live.hasEnded) throw goneError()
  }

  #tellGone(): void {
    publish('gone', () => ({ handle: this.handle }))
    if (this.#engine.policy.onGone === 'fail') throw goneError()
  }
}

function lateError(spanMs: number): SojournError {
  return new SojournError(
    'UPDATE_TIMED_OUT',
    `Expected the function of an \`update\` to return within ${spanMs} ms, but it has not, and its changes were taken out. Do slow work before the update, or give \`deadline\` a longer span.`,
  )
}

function nestedError(method: string): SojournError {
  return new SojournError(
    'UPDATE_NESTED',
    `Expected the function of an \`update\` to change values and do nothing else, got a call of \`${method}\`. Call it after the update.`,
  )
}
