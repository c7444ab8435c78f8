import { RecentMap } from './recent-map.ts'
import { hasSameItems } from './secret.ts'

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

/** Turns ids into the values of cookies and back. Whatever a visitor sends, reading it throws nothing. */
export interface CookieSigner {
  /** Signs an id and writes it as a cookie's value, percent-encoded. */
  write(id: string): string
  /** Reads the value of a cookie as it came. Answers undefined for anything that was not signed here. */
  read(cookieValue: string): VerifiedId | undefined
  /** The same for a value whose percent-encoding is already undone. */
  verify(value: string): VerifiedId | undefined
}

/** The longest value of a cookie that is looked at: no browser keeps a longer one. */
export const longestValue = 4096

/** Enough for the people who are active at one time on one process; about 3 MB when full. */
const mostRemembered = 5000

/** The cookies that were verified lately, because the same visitor comes again and again. Only right signatures are kept. */
export class VerifiedCookies {
  readonly #verified = new RecentMap<VerifiedId>(mostRemembered)
  /** The keys with which they were verified. */
  #keys: readonly unknown[] = []

  /** Answers what is remembered of a cookie, or else what `verify` finds. Nothing is remembered of other keys. */
  read(
    cookieValue: string,
    keys: readonly unknown[],
    verify: () => VerifiedId | undefined,
  ): VerifiedId | undefined {
    if (!hasSameItems(keys, this.#keys)) {
      this.#verified.clear()
      this.#keys = [...keys]
    }
    const remembered = this.#verified.get(cookieValue)
    if (remembered !== undefined) return remembered
    const verified = verify()
    if (verified !== undefined) this.#verified.set(ownText(cookieValue), verified)
    return verified
  }
}

/** Copies a text: a part of a header keeps the whole header in memory, and a copy of it does not. */
export function ownText(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le')
}
