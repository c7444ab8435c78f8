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

/** The methods that the end of the request repeats if they failed. For others, it fails if nobody has awaited them. */
const triedAgain: ReadonlySet<keyof SessionActions> = new Set(['save', 'destroy'])

/** The methods that end the session. */
const endings: ReadonlySet<keyof SessionActions> = new Set(['destroy', 'regenerate', 'signIn', 'signOut'])

/** The methods of a request's session. The calls of one request run one after the other. */
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
   * The request loses its session at once, as in express-session. If the store cannot remove it, the end of the request
   * tries again.
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
   * Runs a method after the running methods of this request, on the session that they have left. The end of the request
   * waits for it, even if the application does not.
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
      // A write to a session that had already ended fails. The methods that end a session apply to the present one.
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

  /** Updates of this process take turns, so that they do not conflict with each other. */
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
    // The function has run at least once. The result of its last call counts.
    return result as Result
  }

  #rotate(live: LiveSession): MaybePromise<void> {
    const engine = this.#engine
    demandLife(live)
    if (engine.keepsSessions) throw unableError(engine.store.name, 'rotate ids')
    if (this.#sessions.isAnnounced) throw headSentError('rotate the id')
    // A request with an old id continues under the new one, and does not rotate again.
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
   * Of two concurrent calls, only the one that has ended the session may begin a new one. If the store cannot remove the
   * session, the request keeps it: a failing store signs nobody out, and no visitor gets two sessions.
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

  /** This session, or the one that has replaced it in this request. */
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
