import { hasKeys, type Policy } from '../policy/options.ts'
import type { StoreTraits } from '../record/store.ts'

/** The facts about a manager that an adapter needs. */
export class Terms {
  /**
   * Whether an adapter may skip `visit.open()`: the store answers at once, so that the first access loads the session, and a
   * request that never accesses its session has nothing to save or send.
   */
  readonly opensLate: boolean
  /** When the session cannot be saved: fail the request, or send the response all the same. */
  readonly onCommitFailure: 'fail' | 'send'
  /** Whether a function of the application decides the cookie's path for each request. */
  readonly isPathPerRequest: boolean
  readonly #policy: Policy

  constructor(policy: Policy, traits: StoreTraits) {
    const { rolling, resave, saveUninitialized, unset, onCommitFailure, cookies } = policy
    const storesAlways = rolling || resave || saveUninitialized || unset === 'destroy'
    this.opensLate = traits.readsAtOnce === true && !storesAlways
    this.onCommitFailure = onCommitFailure
    this.isPathPerRequest = cookies.isPerRequest
    this.#policy = policy
  }

  /** Whether each request needs a secret of its own, because none is configured. */
  get needsSecret(): boolean {
    return !hasKeys(this.#policy)
  }

  /** Whether a response is sent even if its session cannot be saved, as in express-session. */
  get sendsAnyway(): boolean {
    return this.onCommitFailure === 'send'
  }

  /** The cookie's path for a request. A request outside of that path has no session. */
  pathFor(request: unknown): string {
    return this.#policy.cookies.pathFor(request)
  }
}
