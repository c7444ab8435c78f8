import type { MaybePromise } from './store.ts'

/** One request's hold on a session that it has for itself for a while. */
export interface Hold {
  /** @throws SojournError `LOCK_LOST` when the session may be somebody else's by now. */
  check(): MaybePromise<void>
}
