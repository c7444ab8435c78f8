import { encodeFields } from '../keys/field-encoding.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { longestValue, MacKey, macLength } from '../keys/mac-key.ts'
import type { MasterKey } from '../keys/master-key.ts'
import { CookieSigner, ownText, type VerifiedId } from './cookie-signer.ts'

/** Where a ring's signatures count, and what else is still accepted. */
export interface RingSignerOptions {
  /** The cookie's name: a value that was signed for another name is refused. */
  readonly cookieName: string
  /** Answers what verifies cookies in express-session's format, for the time of a move. @default nothing does */
  readonly legacy?: () => CookieSigner | undefined
}

/** No id of a key has a colon, so that the two formats cannot be taken for each other. */
const legacyPrefix = 's:'

/**
 * Signs ids, and verifies what visitors send, with the keys of a ring: `<key id>.<id>.<mac>`, where the mac is
 * the base64url HMAC-SHA-256 of format, cookie name and id under the key derived for `mac/<cookie name>`.
 * The key id says which key to try, and no other is tried. Each value has exactly one spelling.
 */
export class RingSigner extends CookieSigner {
  readonly #ring: KeyRing
  readonly #options: RingSignerOptions
  readonly #macKeys = new WeakMap<MasterKey, MacKey>()

  constructor(ring: KeyRing, options: RingSignerOptions) {
    super()
    this.#ring = ring
    this.#options = options
  }

  keys(): readonly unknown[] {
    return [...this.#ring.usable(), ...(this.#options.legacy?.()?.keys() ?? [])]
  }

  sign(id: string): string {
    const key = this.#ring.current
    return `${key.id}.${id}.${this.#macKeyOf(key).mac(id)}`
  }

  verify(value: string, spelling?: string): VerifiedId | undefined {
    if (value.length > longestValue) return undefined
    if (value.startsWith(legacyPrefix)) return this.#verifyLegacy(value)
    const idStart = value.indexOf('.') + 1
    const idEnd = value.length - macLength - 1
    if (idStart === 0 || idEnd <= idStart || value[idEnd] !== '.') return undefined
    const key = this.#ring.find(value.slice(0, idStart - 1))
    const id = value.slice(idStart, idEnd)
    if (key === undefined || !this.#macKeyOf(key).matches(id, value, idEnd + 1)) return undefined
    // A MAC, which is over UTF-8, cannot tell one half of a character from another.
    if (!id.isWellFormed()) return undefined
    if (spelling !== undefined && spelling !== encodeURIComponent(value)) return undefined
    return { id: ownText(id), isNewestSecret: key === this.#ring.findCurrent() }
  }

  /** A cookie in the old format is always due for another. */
  #verifyLegacy(value: string): VerifiedId | undefined {
    const id = this.#options.legacy?.()?.verify(value)?.id
    return id === undefined ? undefined : { id, isNewestSecret: false }
  }

  #macKeyOf(key: MasterKey): MacKey {
    const known = this.#macKeys.get(key)
    if (known !== undefined) return known
    const { cookieName } = this.#options
    const prefix = encodeFields(['v2', cookieName])
    const macKey = new MacKey(key.derive(`mac/${cookieName}`), { encoding: 'base64url', prefix })
    this.#macKeys.set(key, macKey)
    return macKey
  }
}
