import type { CookiePolicy } from '../cookies/cookie-policy.ts'
import type { Policy } from '../policy/options.ts'
import type { StoreTraits } from '../record/store.ts'

/** What an adapter has to know of a manager. */
export class Terms {
  /**
   * Whether an adapter may leave `visit.open()` to the first access to the session: the store answers at once, and a request
   * that never accesses its session has nothing to store.
   */
  readonly opensLate: boolean
  /** What becomes of an answer whose session cannot be stored: an error, or it is sent as it was written. */
  readonly onCommitFailure: 'fail' | 'send'
  /** Whether the application says the cookie's path anew for each request. */
  readonly isPathPerRequest: boolean
  /** Whether each request has to bring a secret of its own. */
  readonly needsSecret: boolean
  readonly #cookies: CookiePolicy

  constructor(policy: Policy, traits: StoreTraits) {
    const { rolling, resave, saveUninitialized, unset, onCommitFailure, ring, secrets, cookies } = policy
    const storesAlways = rolling || resave || saveUninitialized || unset === 'destroy'
    this.opensLate = traits.readsAtOnce === true && !storesAlways
    this.onCommitFailure = onCommitFailure
    this.isPathPerRequest = cookies.isPerRequest
    this.needsSecret = ring === undefined && secrets.length === 0
    this.#cookies = cookies
  }

  /** The path that the cookie of a request is for. A request for another path has no session. */
  pathFor(request: unknown): string {
    return this.#cookies.pathFor(request)
  }
}
