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
import { callForUpdate, isInUpdate, sparedNames } from './update-call.ts'

/** What the end of the request tries once more by itself. Of the others it looks whether the application knows. */
const triedAgain: ReadonlySet<keyof SessionActions> = new Set(['save', 'destroy'])

/** The methods after which the session is another one, or none. */
const endings: ReadonlySet<keyof SessionActions> = new Set(['destroy', 'regenerate', 'signIn', 'signOut'])

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
    return this.#run('save', live => this.#save(live))
  }

  reload(): Promise<void> {
    return this.#run('reload', live => this.#reload(live))
  }

  /**
   * The session is no longer the request's from this moment, as in express-session. If it cannot be removed, the end of
   * the request tries once more.
   */
  destroy(): Promise<void> {
    const sessions = this.#sessions
    if (!isInUpdate(sessions, this.id)) sessions.giveUp(this.live)
    return this.#run('destroy', live => {
      sessions.giveUp(live)
      return sessions.end(live)
    })
  }

  regenerate({ keep = [] }: RegenerateOptions): Promise<void> {
    return this.#run('regenerate', live => this.#regenerate(live, keep))
  }

  update<Result>(change: (session: Session) => MaybePromise<Result>): Promise<Result> {
    return this.#run('update', live => this.#update(live, change))
  }

  rotate(): Promise<void> {
    return this.#run('rotate', live => this.#rotate(live))
  }

  signIn(subject: string, options: SignInOptions): Promise<void> {
    return this.#run('signIn', live => new SignIn(this.#sessions).signIn(live, { ...options, subject }))
  }

  signOut(options: SignOutOptions): Promise<void> {
    return this.#run('signOut', live => new SignIn(this.#sessions).signOut(live, options))
  }

  /**
   * Runs what a method of a session does after what another of this request is still doing, on what that has put in the
   * place of the session. Whoever ends the response waits for it, whether or not the application has.
   */
  #run<Result>(
    method: keyof SessionActions,
    work: (live: LiveSession) => MaybePromise<Result>,
  ): Promise<Result> {
    const sessions = this.#sessions
    const fail = (error: unknown): never => {
      if (!triedAgain.has(method)) sessions.failures.note(error, () => answer.isHeard)
      throw error
    }
    const answer: Answer<Result> = new Answer(resolve => {
      if (isInUpdate(sessions, this.id)) fail(nestedError(method))
      // A write to a session that had ended before is refused. An end means whichever session is there.
      const isStale = this.live.hasEnded && sessions.underWay === undefined && !endings.has(method)
      resolve(sessions.inTurn(() => attempt(() => work(isStale ? this.live : this.#newest), fail)))
    })
    return answer
  }

  #save(live: LiveSession): MaybePromise<void> {
    demandLife(live)
    const encoded = live.encode()
    live.savedAs = encoded
    return chain(this.#sessions.writer.save(live, encoded), () => demandLife(live))
  }

  /** Requests of this process take turns, so that only those of another one are ever quicker. */
  async #update<Result>(
    live: LiveSession,
    change: (session: Session) => MaybePromise<Result>,
  ): Promise<Result> {
    const { turns, limit } = this.#engine
    demandLife(live)
    let result: Result | undefined
    const apply = (): MaybePromise<void> =>
      chain(callForUpdate(this.#sessions, live.actions, change), answer => {
        result = answer
      })
    await turns.take(this.#engine.keyOf(live.id), limit, async () =>
      this.#sessions.writer.update(live, { apply, spared: () => sparedNames(this.#sessions) }),
    )
    demandLife(live)
    // The change has been made at least once, and its last answer counts.
    return result as Result
  }

  #rotate(live: LiveSession): MaybePromise<void> {
    const engine = this.#engine
    demandLife(live)
    if (engine.keepsSessions) throw unableError(engine.store.name, 'rotate ids')
    if (this.#sessions.isAnnounced) throw headSentError('rotate the id')
    // Whoever was led to the new id has it: an old id never rotates by itself.
    if (live.isFollowing || live.state !== 'stored') return
    return chain(this.#sessions.writer.rotate(live), () => demandLife(live))
  }

  #reload(live: LiveSession): MaybePromise<void> {
    const sessions = this.#sessions
    return chain(rereadSession(this.#engine, live.id), found => {
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

  /** This session, or what this request has put in its place. */
  get #newest(): LiveSession {
    return (this.live.hasEnded ? this.#sessions.last : undefined) ?? this.live
  }

  #tellGone(): void {
    publish('gone', () => ({ handle: this.handle }))
    if (this.#engine.policy.onGone === 'fail') throw goneError()
  }
}

function demandLife(live: LiveSession): void {
  if (live.hasEnded) throw goneError()
}

function nestedError(method: string): SojournError {
  return new SojournError(
    'UPDATE_NESTED',
    `Expected the function of an \`update\` to change values and do nothing else, got a call of \`${method}\`. Call it after the update.`,
  )
}
