import { createSecretKey, type KeyObject } from 'node:crypto'
import { RecentMap } from '../process/recent-map.ts'
import { deriveKey } from './derived-key.ts'
import type { KeyOptions } from './key-options.ts'
import { type Secret, secretBytes } from './secret.ts'

const emptySalt = new Uint8Array()
/** More than one manager needs. A bound is necessary, because purposes contain the cookie's name. */
const mostPurposes = 32
/** Twelve characters: enough to tell the keys of a ring apart, and too few to reveal the secret. */
const fingerprintBytes = 9

/** Derives a key for each purpose from a secret. The secret itself is never used, and `console.log` does not show it. */
export class MasterKey {
  readonly id: string
  readonly notAfter: number | undefined
  readonly #isRevoked: boolean
  readonly #secret: KeyObject
  readonly #derived = new RecentMap<Buffer>(mostPurposes)

  constructor({ id, secret, notAfter, revoked = false }: KeyOptions) {
    this.id = id
    this.notAfter = notAfter === undefined ? undefined : Number(notAfter)
    this.#isRevoked = revoked
    this.#secret = createSecretKey(secretBytes(secret))
  }

  /** Makes the key of a plain secret. It has the same id in every process and after a restart. */
  static ofSecret(secret: Secret): MasterKey {
    const id = derivePurpose(secretBytes(secret), 'key-id').toString('base64url', 0, fingerprintBytes)
    return new MasterKey({ id, secret })
  }

  /**
   * The 32 bytes for a purpose, by HKDF-SHA-256 of the secret with an empty salt and the info
   * `sojourn/v1/` + purpose. They are cached, so callers must not change them.
   */
  derive(purpose: string): Buffer {
    const known = this.#derived.get(purpose)
    if (known !== undefined) return known
    const key = derivePurpose(this.#secret.export(), purpose)
    this.#derived.set(purpose, key)
    return key
  }

  /** Whether the key can be used, and if not, why. */
  stateAt(now: number): 'usable' | 'revoked' | 'expired' {
    if (this.#isRevoked) return 'revoked'
    return this.notAfter !== undefined && now > this.notAfter ? 'expired' : 'usable'
  }
}

function derivePurpose(secret: Buffer, purpose: string): Buffer {
  return deriveKey(secret, emptySalt, `sojourn/v1/${purpose}`)
}
