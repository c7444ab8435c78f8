import type { Engine } from './engine.ts'
import { goneError, headSentError, notFoundError, unableError } from './errors.ts'
import { publish } from './events.ts'
import type { SessionKeeper } from './live-actions.ts'
import type { LiveSession } from './live-session.ts'
import { attempt, chain } from './maybe-promise.ts'
import type { RequestSessions } from './request-sessions.ts'
import type { Session, SignInOptions, SignOutOptions } from './session.ts'
import { SignIn } from './sign-in.ts'
import { anonymous } from './standing.ts'
import type { MaybePromise } from './store.ts'
import { updatingView } from './updating-session.ts'

/** What the methods of a request's sessions do, one after the other. */
export class SessionMethods implements SessionKeeper {
  readonly #engine: Engine
  readonly #sessions: RequestSessions

  constructor(engine: Engine, sessions: RequestSessions) {
    this.#engine = engine
    this.#sessions = sessions
  }

  get request(): unknown {
    return this.#sessions.request
  }

  now(): number {
    return this.#engine.now()
  }

  handleOf(id: string): string {
    return this.#engine.handleOf(id)
  }

  save(live: LiveSession): Promise<void> {
    return this.#run(() => this.#save(live))
  }

  reload(live: LiveSession): Promise<void> {
    return this.#run(() => this.#reload(live))
  }

  /** The session is no longer the request's from this moment, whenever the store has removed it. */
  destroy(live: LiveSession): Promise<void> {
    live.hasEnded = true
    this.#sessions.giveUp(live)
    return this.#run(() => this.#sessions.end(live))
  }

  /** The old id is dead before the new one exists, so that no crash leaves both. */
  regenerate(live: LiveSession): Promise<void> {
    const wasEnded = live.hasEnded
    live.hasEnded = true
    return this.#run(() => this.#regenerate(live, wasEnded))
  }

  async update<Result>(
    live: LiveSession,
    change: (session: Session) => MaybePromise<Result>,
  ): Promise<Result> {
    let result: Result | undefined
    const apply = (): MaybePromise<void> =>
      chain(change(updatingView(live, this)), answer => {
        result = answer
      })
    await this.#run(() => this.#update(live, apply))
    // The change has been made at least once, and its last answer counts.
    return result as Result
  }

  rotate(live: LiveSession): Promise<void> {
    return this.#run(() => this.#rotate(live))
  }

  signIn(live: LiveSession, subject: string, options: SignInOptions): Promise<void> {
    return this.#run(() => new SignIn(this.#engine, this.#sessions).signIn(live, { ...options, subject }))
  }

  signOut(live: LiveSession, options: SignOutOptions): Promise<void> {
    return this.#run(() => new SignIn(this.#engine, this.#sessions).signOut(live, options))
  }

  /**
   * Runs what a method of a session does after what another of this request is still doing. Whoever ends
   * the response waits for it, whether or not the application has.
   */
  async #run(work: () => MaybePromise<void>): Promise<void> {
    try {
      const { underWay } = this.#sessions
      await this.#sessions.note(underWay === undefined ? work() : underWay.then(work))
    } catch (error) {
      throw this.#engine.reported(error)
    }
  }

  #save(live: LiveSession): MaybePromise<void> {
    if (live.hasEnded) throw goneError()
    live.hasSaved = true
    live.failed = undefined
    const encoded = live.encode()
    const saving = attempt(
      () => this.#sessions.writer.save(live, encoded),
      error => {
        live.failed = encoded
        throw error
      },
    )
    return chain(saving, () => {
      if (live.hasEnded) throw goneError()
    })
  }

  /** Requests of this process take turns, so that only those of another one are ever quicker. */
  async #update(live: LiveSession, apply: () => MaybePromise<void>): Promise<void> {
    if (live.hasEnded) throw goneError()
    live.hasSaved = true
    await this.#engine.turns.take(this.#engine.keyOf(live.id), async () =>
      this.#sessions.writer.update(live, apply),
    )
    if (live.hasEnded) throw goneError()
  }

  #rotate(live: LiveSession): MaybePromise<void> {
    const engine = this.#engine
    if (live.hasEnded) throw goneError()
    if (engine.keepsSessions) throw unableError(engine.store.name, 'rotate ids')
    if (this.#sessions.isAnnounced) throw headSentError('rotate the id')
    // Whoever was led to the new id has it: an old id never rotates by itself.
    if (live.isFollowing || live.record === undefined) return
    return chain(this.#sessions.writer.rotate(live), () => {
      if (live.hasEnded) throw goneError()
    })
  }

  #reload(live: LiveSession): MaybePromise<void> {
    const sessions = this.#sessions
    return chain(sessions.read(live.id), found => {
      if (found === undefined) throw notFoundError()
      sessions.show(sessions.receive(found))
    })
  }

  /** Of two at the same time only one has ended the session, and only that one may begin another. */
  async #regenerate(live: LiveSession, wasEnded: boolean): Promise<void> {
    const { createdAt } = live.facts
    let isOurs = true
    try {
      isOurs = (await this.#sessions.writer.delete(live)) || wasEnded
    } finally {
      const next = this.#sessions.succeedAs({
        ...anonymous,
        createdAt: this.#engine.keepsSessions ? undefined : createdAt,
      })
      next.hasEnded = !isOurs
    }
    if (!isOurs) this.#tellGone(live)
  }

  #tellGone(live: LiveSession): void {
    publish('gone', () => ({ handle: this.#engine.handleOf(live.id) }))
    if (this.#engine.policy.onGone === 'fail') throw goneError()
  }
}
