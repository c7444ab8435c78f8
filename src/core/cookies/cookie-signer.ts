import { hasSameItems } from '../keys/secret.ts'
import { RecentMap } from '../process/recent-map.ts'
import { decodeCookieValue } from './cookie-header.ts'

/** An id whose signature was right. */
export interface VerifiedId {
  readonly id: string
  /** Whether the newest secret made the signature. */
  readonly isNewestSecret: boolean
  /** Under what the store keeps the session, once somebody has worked it out. */
  key?: string
  /** The cookie's value as the newest secret signs it, once somebody has worked it out. */
  cookieValue?: string
}

/** Enough for the people who are active at one time on one process; about 3 MB when full. */
const mostRemembered = 5000

/**
 * Turns ids into the values of cookies and back. Whatever a visitor sends, reading it throws nothing.
 *
 * It remembers the cookies that it has verified lately, because the same visitors come again and again. It keeps
 * only right signatures.
 */
export abstract class CookieSigner {
  readonly #verified = new RecentMap<VerifiedId>(mostRemembered)
  /** The keys that verified what is remembered. */
  #keys: readonly unknown[] = []

  /** Every key that verifies at present. When they change, everything remembered is forgotten. */
  abstract keys(): readonly unknown[]

  abstract sign(id: string): string

  /**
   * Checks a value whose percent-encoding is undone. Answers undefined for anything that was not signed here.
   * `spelling` is the value as it came, where that is known.
   */
  abstract verify(value: string, spelling?: string): VerifiedId | undefined

  /** Signs an id and writes it as a cookie's value, percent-encoded. */
  write(id: string): string {
    return encodeURIComponent(this.sign(id))
  }

  /** Reads the value of a cookie as it came. Answers undefined for anything that was not signed here. */
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

/** Copies a text: a part of a header keeps the whole header in memory, and a copy of it does not. */
export function ownText(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le')
}
