import type { Engine } from './engine.ts'

/** What an adapter has to know of a manager. */
export class Terms {
  /** Whether an adapter may leave `visit.open()` to the first look at the session, because the store answers at once. */
  readonly readsAtOnce: boolean
  /** Whether a request that never looked at its session may have something to store all the same. */
  readonly actsAlways: boolean
  /** What becomes of an answer whose session cannot be stored: an error, or it is sent as it was written. */
  readonly onCommitFailure: 'fail' | 'send'
  /** Whether the application says the cookie's path anew for each request. */
  readonly isPathPerRequest: boolean
  /** Whether each request has to bring a secret of its own. */
  readonly needsSecret: boolean
  readonly #engine: Engine

  constructor(engine: Engine) {
    const { rolling, resave, saveUninitialized, unset, onCommitFailure, ring, secrets } = engine.policy
    this.readsAtOnce = engine.traits.readsAtOnce === true
    this.actsAlways = rolling || resave || saveUninitialized || unset === 'destroy'
    this.onCommitFailure = onCommitFailure
    this.isPathPerRequest = engine.cookies.isPerRequest
    this.needsSecret = ring === undefined && secrets.length === 0
    this.#engine = engine
  }

  /** The path that the cookie of a request is for. A request for another path has no session. */
  pathFor(request: unknown): string {
    return this.#engine.cookies.pathFor(request)
  }
}
