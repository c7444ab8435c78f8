import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { SojournError } from '../report/errors.ts'

const keyBytes = 32
const nonceBytes = 16

// A nonce and a digest of 32 bytes are exactly 64 characters of base64url, so each token has only one spelling.
const tokenShape = /^[A-Za-z0-9_-]{64}$/

/**
 * Makes and verifies form tokens: base64url(nonce, HMAC-SHA-256(key, handle, nonce)).
 *
 * A token is bound to one session and is not stored. Each token is different, so that the size of a compressed page
 * reveals nothing about it (BREACH). It is valid as long as the session has its handle.
 */
export class FormTokens {
  readonly #keys: () => readonly Buffer[]

  /**
   * `keys` is called at each use and returns the newest key first. That one makes tokens, all of them verify.
   *
   * @throws SojournError `OPTION_INVALID` for a key that is not 32 bytes long.
   */
  constructor(keys: () => readonly Buffer[]) {
    this.#keys = keys
    if (!keys().every(key => key instanceof Uint8Array && key.length === keyBytes))
      throw new SojournError('OPTION_INVALID', `Expected each key of form tokens to be ${keyBytes} bytes.`)
  }

  /**
   * Makes a token for a session. Each call returns a different one.
   *
   * @throws SojournError `SECRET_MISSING` if there is no key.
   * @throws SojournError `OPTION_INVALID` without a handle, because such a token would be valid for everybody.
   */
  make(handle: string): string {
    const [newest] = this.#keys()
    if (newest === undefined)
      throw new SojournError('SECRET_MISSING', 'Expected a key to make a form token with, got none.')
    if (!isHandle(handle))
      throw new SojournError('OPTION_INVALID', 'Expected the handle of a session for a form token, got none.')
    const nonce = randomBytes(nonceBytes)
    return Buffer.concat([nonce, digest(newest, handle, nonce)]).toString('base64url')
  }

  /** Whether one of the keys has made this token for this session. False for any other value. */
  verify(handle: string, token: unknown): boolean {
    if (!isHandle(handle) || typeof token !== 'string' || !tokenShape.test(token)) return false
    const bytes = Buffer.from(token, 'base64url')
    const nonce = bytes.subarray(0, nonceBytes)
    const given = bytes.subarray(nonceBytes)
    return this.#keys().some(key => timingSafeEqual(given, digest(key, handle, nonce)))
  }
}

function isHandle(handle: unknown): boolean {
  return typeof handle === 'string' && handle.length > 0
}

// The nonce has a fixed length, so that no other handle and nonce give the same bytes.
function digest(key: Buffer, handle: string, nonce: Buffer): Buffer {
  return createHmac('sha256', key).update(handle).update(nonce).digest()
}
