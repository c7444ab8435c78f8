import { hash, KeyObject, timingSafeEqual } from 'node:crypto'
import { decodeCookieValue } from './cookie-header.ts'
import { RecentMap } from './recent-map.ts'

/** What signs cookies: text, bytes, or a key object that hides its bytes from `console.log`. */
export type Secret = string | Uint8Array | KeyObject

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

const blockBytes = 64
const digestBytes = 32
const macLength = 43
const prefix = 's:'
const longestValue = 4096
const lastAscii = 0x7f
/** Enough for the people who are active at one time on one process; about 3 MB when full. */
const mostRemembered = 5000

/**
 * Signs ids, and verifies what visitors send, in express-session's format: `s:` + id + `.` + the base64
 * HMAC-SHA-256 of the id without padding. The first secret signs, each of them verifies.
 *
 * The array is read at each use, because express-session lets an application rotate its secrets in place.
 */
export class Signer {
  readonly #secrets: readonly Secret[]
  readonly #keys = new Map<Secret, MacKey>()
  /** What has been verified lately, because the same visitor comes again and again. Only right signatures are kept. */
  readonly #verified = new RecentMap<VerifiedId>(mostRemembered)
  /** The secrets as they were when `#verified` was filled. */
  #known: readonly Secret[] = []

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
    if (this.#hasOtherSecrets()) this.#forget()
    const remembered = this.#verified.get(cookieValue)
    if (remembered !== undefined) return remembered
    const value = decodeCookieValue(cookieValue)
    const verified = value === undefined ? undefined : this.verify(value)
    if (verified !== undefined) this.#verified.set(ownText(cookieValue), verified)
    return verified
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

  #hasOtherSecrets(): boolean {
    const { length } = this.#secrets
    if (length !== this.#known.length) return true
    for (let index = 0; index < length; index += 1)
      if (this.#secrets[index] !== this.#known[index]) return true
    return false
  }

  #forget(): void {
    this.#verified.clear()
    this.#known = [...this.#secrets]
  }

  #keyOf(secret: Secret): MacKey {
    const known = this.#keys.get(secret)
    if (known !== undefined) return known
    const key = new MacKey(secret)
    this.#keys.set(secret, key)
    return key
  }
}

/** HMAC-SHA-256 from two one-shot hashes over prepared pads: less than half the cost of `createHmac`. */
class MacKey {
  readonly #inner: Buffer
  readonly #outer: Buffer
  readonly #expected: Buffer = Buffer.alloc(macLength)
  readonly #given: Buffer = Buffer.alloc(macLength)

  constructor(secret: Secret) {
    const block = Buffer.alloc(blockBytes)
    const bytes = secretBytes(secret)
    const key = bytes.length > blockBytes ? hash('sha256', bytes, 'buffer') : bytes
    key.copy(block)
    this.#inner = Buffer.alloc(blockBytes + longestValue * 3)
    this.#inner.set(block.map(byte => byte ^ 0x36))
    this.#outer = Buffer.alloc(blockBytes + digestBytes)
    this.#outer.set(block.map(byte => byte ^ 0x5c))
  }

  mac(text: string): string {
    const end = blockBytes + this.#inner.write(text, blockBytes)
    // Text, because a buffer of its own for each digest would double the cost.
    this.#outer.write(hash('sha256', this.#inner.subarray(0, end), 'base64'), blockBytes, 'base64')
    return hash('sha256', this.#outer, 'base64').slice(0, macLength)
  }

  /** Compares the encoded signatures, not what they decode to: each signature has one spelling. */
  matches(text: string, value: string, start: number): boolean {
    for (let index = 0; index < macLength; index += 1) {
      const code = value.charCodeAt(start + index)
      if (code > lastAscii) return false
      this.#given[index] = code
    }
    this.#expected.write(this.mac(text), 'latin1')
    return timingSafeEqual(this.#expected, this.#given)
  }
}

function secretBytes(secret: Secret): Buffer {
  if (typeof secret === 'string') return Buffer.from(secret)
  if (secret instanceof KeyObject) return secret.export()
  return Buffer.from(secret)
}

/** A part of a header keeps the whole header in memory; a copy of it does not. */
function ownText(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le')
}
