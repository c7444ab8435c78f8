import type { Engine } from './engine.ts'

/** The facts about a manager that an adapter needs. */
export class Terms {
  /** Whether an adapter may skip `visit.open()`: the store answers at once, so the first access loads the session. */
  readonly readsAtOnce: boolean
  /** Whether a request may have to save its session or send its cookie even if it never accesses the session. */
  readonly actsAlways: boolean
  /** When the session cannot be saved: fail the request, or send the response all the same. */
  readonly onCommitFailure: 'fail' | 'send'
  /** Whether a function of the application decides the cookie's path for each request. */
  readonly isPathPerRequest: boolean
  /** Whether each request needs a secret of its own, because none is configured. */
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

  /** The cookie's path for a request. A request outside of that path has no session. */
  pathFor(request: unknown): string {
    return this.#engine.cookies.pathFor(request)
  }
}
