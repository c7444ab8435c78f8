import { encodeFields } from '../keys/field-encoding.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { longestValue, MacKey, macLength } from '../keys/mac-key.ts'
import type { MasterKey } from '../keys/master-key.ts'
import { CookieSigner, ownText, type VerifiedId } from './cookie-signer.ts'

/** The scope of a ring's signatures, and a second signer to accept. */
export interface RingSignerOptions {
  /** The cookie's name. A value that was signed for another name is refused. */
  readonly cookieName: string
  /** Returns the signer that verifies cookies in express-session's format, during a migration. @default none */
  readonly legacy?: () => CookieSigner | undefined
}

/** Key ids have no colon, so the two formats cannot be confused. */
const legacyPrefix = 's:'

/**
 * Signs ids and verifies cookies with the keys of a ring. The format is `<key id>.<id>.<mac>`. The mac is the base64url
 * HMAC-SHA-256 of format, cookie name and id, with the key that is derived for `mac/<cookie name>`. Only the key of the
 * key id is tried. Each value has exactly one valid spelling.
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
    // The MAC is over UTF-8, in which all lone surrogates become the same bytes.
    if (!id.isWellFormed()) return undefined
    if (spelling !== undefined && spelling !== encodeURIComponent(value)) return undefined
    return { id: ownText(id), isNewestSecret: key === this.#ring.findCurrent() }
  }

  /** A cookie in the old format is always replaced. */
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
