import type { Clock } from './clock.ts'
import { decodeCookieValue } from './cookie-header.ts'
import {
  type CookieSigner,
  longestValue,
  ownText,
  VerifiedCookies,
  type VerifiedId,
} from './cookie-signer.ts'
import { encodeFields } from './field-encoding.ts'
import type { KeyRing } from './key-ring.ts'
import { MacKey, macLength } from './mac-key.ts'
import type { RingKey } from './master-key.ts'

/** Where a ring's signatures count, and what else is still accepted. */
export interface RingSignerOptions {
  /** The cookie's name: a value that was signed for another name is refused. */
  readonly cookieName: string
  readonly clock: Clock
  /** Accepts cookies in express-session's format. @default none */
  readonly legacy?: LegacyCookies | undefined
}

/** What verifies cookies in express-session's format, for the time of a move. */
export interface LegacyCookies {
  readonly signer: CookieSigner
  /** The first instant at which they are accepted no more; undefined where that is open. */
  readonly until: number | undefined
}

/** No id of a key has a colon, so that the two formats cannot be taken for each other. */
const legacyPrefix = 's:'

/**
 * Signs ids, and verifies what visitors send, with the keys of a ring: `<key id>.<id>.<mac>`, where the mac is
 * the base64url HMAC-SHA-256 of format, cookie name and id under the key derived for `mac/<cookie name>`.
 * The key id says which key to try, and no other is tried. Each value has exactly one spelling.
 */
export class RingSigner implements CookieSigner {
  readonly #ring: KeyRing
  readonly #cookieName: string
  readonly #clock: Clock
  readonly #legacy: LegacyCookies | undefined
  readonly #macKeys = new WeakMap<RingKey, MacKey>()
  readonly #verified = new VerifiedCookies()

  constructor(ring: KeyRing, { cookieName, clock, legacy }: RingSignerOptions) {
    this.#ring = ring
    this.#cookieName = cookieName
    this.#clock = clock
    this.#legacy = legacy
  }

  sign(id: string): string {
    const key = this.#ring.current
    return `${key.id}.${id}.${this.#macKeyOf(key).mac(id)}`
  }

  write(id: string): string {
    return encodeURIComponent(this.sign(id))
  }

  read(cookieValue: string): VerifiedId | undefined {
    if (cookieValue.length > longestValue) return undefined
    const value = decodeCookieValue(cookieValue)
    if (value === undefined) return undefined
    if (value.startsWith(legacyPrefix)) return asLegacy(this.#legacySigner()?.read(cookieValue))
    // A key may have been revoked since, or be over: what is remembered counts only while the same keys may be used.
    return this.#verified.read(cookieValue, this.#ring.usable(), () => {
      const verified = this.#check(value)
      // Only what was verified can be encoded without an exception.
      return verified !== undefined && encodeURIComponent(value) === cookieValue ? verified : undefined
    })
  }

  verify(value: string): VerifiedId | undefined {
    if (value.length > longestValue) return undefined
    if (value.startsWith(legacyPrefix)) return asLegacy(this.#legacySigner()?.verify(value))
    return this.#check(value)
  }

  #check(value: string): VerifiedId | undefined {
    const idStart = value.indexOf('.') + 1
    const idEnd = value.length - macLength - 1
    if (idStart === 0 || idEnd <= idStart || value[idEnd] !== '.') return undefined
    const key = this.#ring.find(value.slice(0, idStart - 1))
    const id = value.slice(idStart, idEnd)
    if (key === undefined || !this.#macKeyOf(key).matches(id, value, idEnd + 1)) return undefined
    // A MAC, which is over UTF-8, cannot tell one half of a character from another.
    if (!id.isWellFormed()) return undefined
    return { id: ownText(id), isNewestSecret: key === this.#ring.findCurrent() }
  }

  #legacySigner(): CookieSigner | undefined {
    if (this.#legacy === undefined) return undefined
    const { signer, until = Number.POSITIVE_INFINITY } = this.#legacy
    return this.#clock.now() < until ? signer : undefined
  }

  #macKeyOf(key: RingKey): MacKey {
    const known = this.#macKeys.get(key)
    if (known !== undefined) return known
    const prefix = encodeFields(['v2', this.#cookieName])
    const macKey = new MacKey(key.derive(`mac/${this.#cookieName}`), { encoding: 'base64url', prefix })
    this.#macKeys.set(key, macKey)
    return macKey
  }
}

/** A cookie in the old format is always due for another, and nothing is kept on what its signer remembers. */
function asLegacy(verified: VerifiedId | undefined): VerifiedId | undefined {
  return verified === undefined ? undefined : { id: verified.id, isNewestSecret: false }
}
