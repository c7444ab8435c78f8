import type { Clock } from './clock.ts'
import { decodeCookieValue } from './cookie-header.ts'
import { type CookieSigner, longestValue, type VerifiedId } from './cookie-signer.ts'
import { encodeFields } from './field-encoding.ts'
import type { KeyRing } from './key-ring.ts'
import { MacKey, macLength } from './mac-key.ts'
import type { RingKey } from './master-key.ts'
import { ownText } from './own-text.ts'
import { RecentMap } from './recent-map.ts'
import { hasHalfCharacter } from './whole-text.ts'

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

/** What has been verified, and by which key. */
interface Verified {
  readonly visitor: VerifiedId
  readonly key: RingKey
}

/** No id of a key has a colon, so that the two formats cannot be taken for each other. */
const legacyPrefix = 's:'
/** Enough for the people who are active at one time on one process; about 3 MB when full. */
const mostRemembered = 5000

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
  /** What has been verified lately, because the same visitor comes again and again. Only right signatures are kept. */
  readonly #recent = new RecentMap<Verified>(mostRemembered)
  /** The key that wrote when `#recent` was filled: what is remembered there was signed anew with it. */
  #writer: RingKey | undefined

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
    return this.#recall(cookieValue) ?? this.#readAnew(cookieValue)
  }

  verify(value: string): VerifiedId | undefined {
    if (value.length > longestValue) return undefined
    if (value.startsWith(legacyPrefix)) return asLegacy(this.#legacySigner()?.verify(value))
    return this.#check(value)?.visitor
  }

  #readAnew(cookieValue: string): VerifiedId | undefined {
    const value = decodeCookieValue(cookieValue)
    if (value === undefined) return undefined
    if (value.startsWith(legacyPrefix)) return asLegacy(this.#legacySigner()?.read(cookieValue))
    const verified = this.#check(value)
    // Only what was verified can be encoded without an exception.
    if (verified === undefined || encodeURIComponent(value) !== cookieValue) return undefined
    this.#recent.set(ownText(cookieValue), verified)
    return verified.visitor
  }

  /** What is remembered counts only while its key does: a key may have been revoked since, or be over. */
  #recall(cookieValue: string): VerifiedId | undefined {
    this.#forgetOldWriter()
    const remembered = this.#recent.get(cookieValue)
    if (remembered === undefined) return undefined
    return this.#ring.find(remembered.key.id) === remembered.key ? remembered.visitor : undefined
  }

  #forgetOldWriter(): void {
    const writer = this.#ring.findCurrent()
    if (writer === this.#writer) return
    this.#recent.clear()
    this.#writer = writer
  }

  #check(value: string): Verified | undefined {
    const idStart = value.indexOf('.') + 1
    const idEnd = value.length - macLength - 1
    if (idStart === 0 || idEnd <= idStart || value[idEnd] !== '.') return undefined
    const key = this.#ring.find(value.slice(0, idStart - 1))
    const id = value.slice(idStart, idEnd)
    if (key === undefined || !this.#macKeyOf(key).matches(id, value, idEnd + 1)) return undefined
    // A MAC, which is over UTF-8, cannot tell one half of a character from another.
    if (hasHalfCharacter(id)) return undefined
    return { visitor: { id: ownText(id), isNewestSecret: key === this.#ring.findCurrent() }, key }
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
