import type { SessionRecord } from '../record/store.ts'
import { RecentMap } from './recent-map.ts'

/** Enough for the visitors who are active at one time in one process. */
const mostRemembered = 5000
const ended = Number.NEGATIVE_INFINITY

/**
 * Remembers sessions of this process after the store has removed them, so that `outcome` can say why a session is gone.
 * It is a help only: a session that this process does not remember counts as missing.
 */
export class Recollection {
  readonly #expiresAt = new RecentMap<number>(mostRemembered)
  readonly #ids = new RecentMap<string>(mostRemembered)

  noteLife({ key, expiresAt }: SessionRecord<unknown>): void {
    this.#expiresAt.set(key, expiresAt)
  }

  /** Notes the present id of a session after a rotation. */
  noteId(key: string, id: string): void {
    this.#ids.set(key, id)
  }

  /** The last id of a session that this process has seen; undefined for one whose id has never changed. */
  idOf(key: string): string | undefined {
    return this.#ids.get(key)
  }

  noteEnd(key: string): void {
    this.#expiresAt.set(key, ended)
  }

  /** Why the store does not have a session. */
  outcomeOf(key: string, now: number): 'missing' | 'expired' | 'revoked' {
    const expiresAt = this.#expiresAt.get(key)
    if (expiresAt === ended) return 'revoked'
    return expiresAt !== undefined && expiresAt <= now ? 'expired' : 'missing'
  }
}
