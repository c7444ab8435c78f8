import type { SessionRecord } from '../record/store.ts'
import { RecentMap } from './recent-map.ts'

/** Enough for the people who are active at one time on one process. */
const mostRemembered = 5000
const ended = Number.NEGATIVE_INFINITY

/**
 * What this process remembers of sessions that the store no longer has, so that a visitor can be told why.
 * Nothing depends on it: a session that nobody here remembers is missing, as one that never was.
 */
export class Recollection {
  readonly #expiresAt = new RecentMap<number>(mostRemembered)
  readonly #ids = new RecentMap<string>(mostRemembered)

  noteLife({ key, expiresAt }: SessionRecord<unknown>): void {
    this.#expiresAt.set(key, expiresAt)
  }

  /** Which id a session has that was given another one. */
  noteId(key: string, id: string): void {
    this.#ids.set(key, id)
  }

  /** The last id of a session that this process has met; undefined for one whose id has never changed. */
  idOf(key: string): string | undefined {
    return this.#ids.get(key)
  }

  noteEnd(key: string): void {
    this.#expiresAt.set(key, ended)
  }

  /** What became of a session that the store does not have. */
  outcomeOf(key: string, now: number): 'missing' | 'expired' | 'revoked' {
    const expiresAt = this.#expiresAt.get(key)
    if (expiresAt === ended) return 'revoked'
    return expiresAt !== undefined && expiresAt <= now ? 'expired' : 'missing'
  }
}
