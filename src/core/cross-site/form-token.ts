import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { SojournError } from '../report/errors.ts'

const keyBytes = 32
const nonceBytes = 16

// A nonce and a digest of 32 bytes are 64 characters without a remainder, so each token has one spelling.
const tokenShape = /^[A-Za-z0-9_-]{64}$/

/**
 * Makes and verifies form tokens: base64url(nonce, HMAC-SHA-256(key, handle, nonce)).
 *
 * A token is bound to one session and is kept nowhere. Each one looks different, so that the size of a
 * compressed page tells nothing of it. It is right for as long as the session has its handle.
 */
export class FormTokens {
  readonly #keys: () => readonly Buffer[]

  /**
   * The keys are asked for at each use, the newest first: that one makes tokens, each of them verifies.
   *
   * @throws SojournError `OPTION_INVALID` for a key that is not 32 bytes long.
   */
  constructor(keys: () => readonly Buffer[]) {
    this.#keys = keys
    if (!keys().every(key => key instanceof Uint8Array && key.length === keyBytes))
      throw new SojournError('OPTION_INVALID', `Expected each key of form tokens to be ${keyBytes} bytes.`)
  }

  /**
   * Makes a token of a session, another one at each call.
   *
   * @throws SojournError `SECRET_MISSING` when there is no key.
   * @throws SojournError `OPTION_INVALID` without a handle, because such a token would be everybody's.
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

  /** Whether one of the keys has made this token for this session. False for anything that is no token. */
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

// The nonce always has one length, so that no other handle and nonce are the same bytes.
function digest(key: Buffer, handle: string, nonce: Buffer): Buffer {
  return createHmac('sha256', key).update(handle).update(nonce).digest()
}
