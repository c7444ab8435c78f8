import { hasSameItems } from '../keys/secret.ts'
import { RecentMap } from '../process/recent-map.ts'
import { decodeCookieValue } from './cookie-header.ts'

/** An id with a valid signature. */
export interface VerifiedId {
  readonly id: string
  /** Whether the newest secret made the signature. */
  readonly isNewestSecret: boolean
  /** The key of the record in the store, once it has been computed. */
  key?: string
  /** The cookie's value, signed with the newest secret, once it has been computed. */
  cookieValue?: string
}

/** Enough for the visitors who are active at one time in one process; about 3 MB when full. */
const mostRemembered = 5000

/**
 * Turns ids into cookie values and back. `read` never throws, whatever a visitor sends.
 *
 * It caches the cookies that it has verified lately, because the same visitors return. It caches only valid ones.
 */
export abstract class CookieSigner {
  readonly #verified = new RecentMap<VerifiedId>(mostRemembered)
  /** The keys that have verified the cached cookies. */
  #keys: readonly unknown[] = []

  /** All keys that verify at present. When they change, the cache is cleared. */
  abstract keys(): readonly unknown[]

  abstract sign(id: string): string

  /**
   * Verifies a decoded value. Returns undefined if its signature is not valid. `spelling` is the value before the
   * decoding, if known.
   */
  abstract verify(value: string, spelling?: string): VerifiedId | undefined

  /** Signs an id, and returns it as a percent-encoded cookie value. */
  write(id: string): string {
    return encodeURIComponent(this.sign(id))
  }

  /** Decodes and verifies the value of a cookie. Returns undefined if its signature is not valid. */
  read(cookieValue: string): VerifiedId | undefined {
    this.#forgetIfKeysChanged()
    const remembered = this.#verified.get(cookieValue)
    if (remembered !== undefined) return remembered
    const value = decodeCookieValue(cookieValue)
    const verified = value === undefined ? undefined : this.verify(value, cookieValue)
    if (verified !== undefined) this.#verified.set(ownText(cookieValue), verified)
    return verified
  }

  #forgetIfKeysChanged(): void {
    const keys = this.keys()
    if (hasSameItems(keys, this.#keys)) return
    this.#verified.clear()
    this.#keys = [...keys]
  }
}

/** Copies a string: a substring of a header would keep the whole header in memory. */
export function ownText(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le')
}
