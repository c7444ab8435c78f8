import type { Engine } from '../engine/engine.ts'
import { attempt, chain } from '../record/maybe-promise.ts'
import { anonymous } from '../record/standing.ts'
import type { MaybePromise } from '../record/store.ts'
import { goneError, headSentError, notFoundError, SojournError, unableError } from '../report/errors.ts'
import { publish } from '../report/events.ts'
import { Answer } from '../session/answer.ts'
import type { LiveActions, LiveSession } from '../session/live-session.ts'
import type {
  RegenerateOptions,
  Session,
  SessionActions,
  SignInOptions,
  SignOutOptions,
} from '../session/session.ts'
import { removeSession } from '../writing/removal.ts'
import { rereadSession } from './find-session.ts'
import type { RequestSessions } from './request-sessions.ts'
import { SignIn } from './sign-in.ts'
import { callForUpdate, isInUpdate } from './update-call.ts'

/** What the end of the request tries once more by itself. Of the others it looks whether the application knows. */
const triedAgain: ReadonlySet<keyof SessionActions> = new Set(['save', 'destroy'])

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
  destroy(): Promise<void> {
    const sessions = this.#sessions
    if (!isInUpdate(sessions, this.id)) sessions.giveUp(this.live)
    return this.#run('destroy', () => {
      const live = this.#newest
      sessions.giveUp(live)
      return sessions.end(live)
    })
  }

  regenerate({ keep = [] }: RegenerateOptions): Promise<void> {
    return this.#run('regenerate', () => this.#regenerate(this.#newest, keep))
  }

  update<Result>(change: (session: Session) => MaybePromise<Result>): Promise<Result> {
    return this.#run('update', () => this.#update(change))
  }

  rotate(): Promise<void> {
    return this.#run('rotate', () => this.#rotate())
  }

  signIn(subject: string, options: SignInOptions): Promise<void> {
    return this.#run('signIn', () => new SignIn(this.#sessions).signIn(this.#newest, { ...options, subject }))
  }

  signOut(options: SignOutOptions): Promise<void> {
    return this.#run('signOut', () => new SignIn(this.#sessions).signOut(this.#newest, options))
  }

  /**
   * Runs what a method of a session does after what another of this request is still doing. Whoever ends
   * the response waits for it, whether or not the application has.
   */
  #run<Result>(method: keyof SessionActions, work: () => MaybePromise<Result>): Promise<Result> {
    const sessions = this.#sessions
    const fail = (error: unknown): never => {
      if (!triedAgain.has(method)) sessions.failures.note(error, () => answer.isHeard)
      throw error
    }
    const answer: Answer<Result> = new Answer(resolve => {
      if (isInUpdate(sessions, this.id)) fail(nestedError(method))
      resolve(sessions.inTurn(() => attempt(work, fail)))
    })
    return answer
  }

  #save(): MaybePromise<void> {
    const { live } = this
    this.#demandLife()
    const encoded = live.encode()
    live.savedAs = encoded
    return chain(this.#sessions.writer.save(live, encoded), () => this.#demandLife())
  }

  /** Requests of this process take turns, so that only those of another one are ever quicker. */
  async #update<Result>(change: (session: Session) => MaybePromise<Result>): Promise<Result> {
    const { live } = this
    const { turns, limit } = this.#engine
    this.#demandLife()
    let result: Result | undefined
    const apply = (): MaybePromise<void> =>
      chain(callForUpdate(this.#sessions, this, change), answer => {
        result = answer
      })
    await turns.take(this.#key, limit, async () => this.#sessions.writer.update(live, apply))
    this.#demandLife()
    // The change has been made at least once, and its last answer counts.
    return result as Result
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
  async #regenerate(live: LiveSession, keep: readonly string[]): Promise<void> {
    const { createdAt } = live.facts
    const wasEnded = live.hasEnded
    const goesOn = keep.length > 0 && !wasEnded
    const isOurs = (await removeSession(this.#sessions, live, { goesOn })) || wasEnded
    const next = this.#sessions.succeed({
      ...anonymous,
      createdAt: this.#engine.keepsSessions ? undefined : createdAt,
    })
    if (goesOn && isOurs) next.replaceValues(live.pick(keep))
    if (isOurs) return
    next.markAbsent('ended')
    this.#tellGone()
  }

  /** The session that is to end: this one, or what this request has put in its place. */
  get #newest(): LiveSession {
    return (this.live.hasEnded ? this.#sessions.last : undefined) ?? this.live
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

function nestedError(method: string): SojournError {
  return new SojournError(
    'UPDATE_NESTED',
    `Expected the function of an \`update\` to change values and do nothing else, got a call of \`${method}\`. Call it after the update.`,
  )
}
