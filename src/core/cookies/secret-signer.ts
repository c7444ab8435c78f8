import { longestValue, MacKey, macLength } from '../keys/mac-key.ts'
import { type Secret, secretBytes } from '../keys/secret.ts'
import { CookieSigner, ownText, type VerifiedId } from './cookie-signer.ts'

const prefix = 's:'

/**
 * Signs ids and verifies cookies in express-session's format: `s:` + id + `.` + the base64 HMAC-SHA-256 of the id,
 * without padding. The first secret signs, all of them verify. A value may be percent-encoded in any way.
 *
 * It reads the array at each use, because express-session lets an application rotate its secrets in place.
 */
export class Signer extends CookieSigner {
  readonly #secrets: readonly Secret[]
  readonly #macKeys = new Map<Secret, MacKey>()

  constructor(secrets: readonly Secret[]) {
    super()
    this.#secrets = secrets
  }

  keys(): readonly Secret[] {
    return this.#secrets
  }

  sign(id: string): string {
    const newest = this.#secrets[0]
    if (newest === undefined) throw new TypeError('secret option array must contain one or more strings')
    return `${prefix}${id}.${this.#macKeyOf(newest).mac(id)}`
  }

  verify(value: string): VerifiedId | undefined {
    const dot = value.length - macLength - 1
    if (dot <= prefix.length || value.length > longestValue) return undefined
    if (!value.startsWith(prefix) || value[dot] !== '.') return undefined
    const id = value.slice(prefix.length, dot)
    const index = this.#secrets.findIndex(secret => this.#macKeyOf(secret).matches(id, value, dot + 1))
    return index === -1 ? undefined : { id: ownText(id), isNewestSecret: index === 0 }
  }

  #macKeyOf(secret: Secret): MacKey {
    const known = this.#macKeys.get(secret)
    if (known !== undefined) return known
    const key = new MacKey(secretBytes(secret), { encoding: 'base64' })
    this.#macKeys.set(secret, key)
    return key
  }
}
