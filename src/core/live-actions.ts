import type { LiveSession } from './live-session.ts'
import type { Session, SessionActions, SignInOptions, SignOutOptions } from './session.ts'
import type { MaybePromise } from './store.ts'

/** What the methods of a request's session ask of the request. */
export interface SessionKeeper {
  readonly request: unknown
  now(): number
  handleOf(id: string): string
  save(live: LiveSession): Promise<void>
  reload(live: LiveSession): Promise<void>
  destroy(live: LiveSession): Promise<void>
  regenerate(live: LiveSession): Promise<void>
  update<Result>(live: LiveSession, change: (session: Session) => MaybePromise<Result>): Promise<Result>
  rotate(live: LiveSession): Promise<void>
  signIn(live: LiveSession, subject: string, options: SignInOptions): Promise<void>
  signOut(live: LiveSession, options: SignOutOptions): Promise<void>
}

/** What the methods of one session of a request under way do. */
export class LiveActions implements SessionActions {
  readonly live: LiveSession
  readonly #keeper: SessionKeeper

  constructor(live: LiveSession, keeper: SessionKeeper) {
    this.live = live
    this.#keeper = keeper
  }

  get id(): string {
    return this.live.id
  }

  get handle(): string {
    return this.#keeper.handleOf(this.live.id)
  }

  get isStored(): boolean {
    return this.live.record !== undefined && !this.live.hasEnded
  }

  get request(): unknown {
    return this.#keeper.request
  }

  get subject(): string | undefined {
    return this.live.facts.subject
  }

  get authenticatedAt(): number | undefined {
    return this.live.facts.authenticatedAt
  }

  now(): number {
    return this.#keeper.now()
  }

  renewCookie(): void {
    this.live.renewCookie()
  }

  save(): Promise<void> {
    return this.#keeper.save(this.live)
  }

  reload(): Promise<void> {
    return this.#keeper.reload(this.live)
  }

  destroy(): Promise<void> {
    return this.#keeper.destroy(this.live)
  }

  regenerate(): Promise<void> {
    return this.#keeper.regenerate(this.live)
  }

  update<Result>(change: (session: Session) => MaybePromise<Result>): Promise<Result> {
    return this.#keeper.update(this.live, change)
  }

  rotate(): Promise<void> {
    return this.#keeper.rotate(this.live)
  }

  signIn(subject: string, options: SignInOptions): Promise<void> {
    return this.#keeper.signIn(this.live, subject, options)
  }

  signOut(options: SignOutOptions): Promise<void> {
    return this.#keeper.signOut(this.live, options)
  }
}
