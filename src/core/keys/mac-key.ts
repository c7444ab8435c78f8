import { hash, timingSafeEqual } from 'node:crypto'

/** The maximum length of a cookie value to verify. Browsers store no longer ones. */
export const longestValue = 4096
/** The length of an encoded HMAC-SHA-256 in characters, without padding. */
export const macLength = 43

/** The format of a key's signatures. */
export interface MacKeyOptions {
  /** The alphabet of the signatures. */
  readonly encoding: 'base64' | 'base64url'
  /** Bytes to sign before every text. @default none */
  readonly prefix?: Uint8Array | undefined
}

const blockBytes = 64
const digestBytes = 32
const lastAscii = 0x7f
/** Each character of the longest value may take three bytes. */
const longestText = longestValue * 3

/** HMAC-SHA-256, computed as two one-shot hashes with prepared pads: less than half the cost of `createHmac`. */
export class MacKey {
  readonly #encoding: 'base64' | 'base64url'
  readonly #inner: Buffer
  readonly #outer: Buffer
  /** Where the text begins, after the pad and the prefix. */
  readonly #start: number
  readonly #expected: Buffer = Buffer.alloc(macLength)
  readonly #given: Buffer = Buffer.alloc(macLength)

  constructor(key: Buffer, { encoding, prefix = new Uint8Array() }: MacKeyOptions) {
    const block = Buffer.alloc(blockBytes)
    block.set(key.length > blockBytes ? hash('sha256', key, 'buffer') : key)
    this.#encoding = encoding
    this.#start = blockBytes + prefix.length
    this.#inner = Buffer.alloc(this.#start + longestText)
    this.#inner.set(block.map(byte => byte ^ 0x36))
    this.#inner.set(prefix, blockBytes)
    this.#outer = Buffer.alloc(blockBytes + digestBytes)
    this.#outer.set(block.map(byte => byte ^ 0x5c))
  }

  /** Signs a text of at most `longestValue` characters. */
  mac(text: string): string {
    const end = this.#start + this.#inner.write(text, this.#start)
    // The digest is passed on as text, because a new buffer for each digest would double the cost.
    this.#outer.write(hash('sha256', this.#inner.subarray(0, end), 'base64'), blockBytes, 'base64')
    return hash('sha256', this.#outer, this.#encoding).slice(0, macLength)
  }

  /**
   * Whether `value` has the signature of the text at `start`. Compares the encoded signatures and not the decoded ones:
   * each signature has only one valid spelling. The comparison takes constant time.
   */
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
