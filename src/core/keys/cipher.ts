import { createCipheriv, createDecipheriv } from 'node:crypto'

/** The parameters for one text. A key and a nonce may be used together only once. */
export interface CipherSetting {
  readonly key: Buffer
  readonly nonce: Buffer
  /** Additional data that is authenticated, and not encrypted. */
  readonly fields: Buffer
}

/** The length of the authentication tag: always the full one. */
export const tagBytes = 16

const algorithm = 'aes-256-gcm'
/** Without an explicit length, Node before version 26 accepts shortened tags. */
const gcm = { authTagLength: tagBytes }

/** Encrypts a text by AES-256-GCM. The tag follows the ciphertext. */
export function encrypt(plain: string, { key, nonce, fields }: CipherSetting): Buffer {
  const cipher = createCipheriv(algorithm, key, nonce, gcm)
  cipher.setAAD(fields)
  return Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()])
}

/** Decrypts a text. Returns undefined if it does not authenticate, also for bytes that are too short. */
export function decrypt(encrypted: Buffer, { key, nonce, fields }: CipherSetting): string | undefined {
  const decipher = createDecipheriv(algorithm, key, nonce, gcm)
  decipher.setAAD(fields)
  const plain = decipher.update(encrypted.subarray(0, -tagBytes))
  try {
    decipher.setAuthTag(encrypted.subarray(-tagBytes))
    decipher.final()
  } catch {
    return undefined
  }
  // Decoded only after the tag has been verified.
  return plain.toString()
}
