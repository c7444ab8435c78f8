import { decodeCookieValue } from './cookie-header.ts'
import {
  type CookieSigner,
  longestValue,
  ownText,
  VerifiedCookies,
  type VerifiedId,
} from './cookie-signer.ts'
import { MacKey, macLength } from './mac-key.ts'
import { type Secret, secretBytes } from './secret.ts'

const prefix = 's:'

/**
 * Signs ids, and verifies what visitors send, in express-session's format: `s:` + id + `.` + the base64
 * HMAC-SHA-256 of the id without padding. The first secret signs, each of them verifies.
 *
 * The array is read at each use, because express-session lets an application rotate its secrets in place.
 */
export class Signer implements CookieSigner {
  readonly #secrets: readonly Secret[]
  readonly #keys = new Map<Secret, MacKey>()
  readonly #verified = new VerifiedCookies()

  constructor(secrets: readonly Secret[]) {
    this.#secrets = secrets
  }

  sign(id: string): string {
    const newest = this.#secrets[0]
    if (newest === undefined) throw new TypeError('secret option array must contain one or more strings')
    return `${prefix}${id}.${this.#keyOf(newest).mac(id)}`
  }

  /** Signs an id and writes it as a cookie's value, percent-encoded. */
  write(id: string): string {
    return encodeURIComponent(this.sign(id))
  }

  /**
   * Reads the value of a cookie as it came. Answers undefined for anything but a value that one of the
   * secrets has signed, spelled as it was signed.
   */
  read(cookieValue: string): VerifiedId | undefined {
    return this.#verified.read(cookieValue, this.#secrets, () => {
      const value = decodeCookieValue(cookieValue)
      return value === undefined ? undefined : this.verify(value)
    })
  }

  /** The same for a value whose percent-encoding is already undone. */
  verify(value: string): VerifiedId | undefined {
    const dot = value.length - macLength - 1
    if (dot <= prefix.length || value.length > longestValue) return undefined
    if (!value.startsWith(prefix) || value[dot] !== '.') return undefined
    const id = value.slice(prefix.length, dot)
    const index = this.#secrets.findIndex(secret => this.#keyOf(secret).matches(id, value, dot + 1))
    return index === -1 ? undefined : { id: ownText(id), isNewestSecret: index === 0 }
  }

  #keyOf(secret: Secret): MacKey {
    const known = this.#keys.get(secret)
    if (known !== undefined) return known
    const key = new MacKey(secretBytes(secret), { encoding: 'base64' })
    this.#keys.set(secret, key)
    return key
  }
}
