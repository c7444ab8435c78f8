import { createCipheriv, createDecipheriv } from 'node:crypto'

/** What encrypts one text: a key and a nonce that are used together only once, and what the text belongs to. */
export interface CipherSetting {
  readonly key: Buffer
  readonly nonce: Buffer
  /** What is authenticated together with the text, and not encrypted. */
  readonly fields: Buffer
}

/** The length of the authentication tag: the full one, on both sides. */
export const tagBytes = 16

const algorithm = 'aes-256-gcm'
/** Node before version 26 accepts shortened tags from whoever does not say the length. */
const gcm = { authTagLength: tagBytes }

/** Encrypts a text by AES-256-GCM. The tag stands behind what was encrypted. */
export function encrypt(plain: string, { key, nonce, fields }: CipherSetting): Buffer {
  const cipher = createCipheriv(algorithm, key, nonce, gcm)
  cipher.setAAD(fields)
  return Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()])
}

/** Undoes `encrypt`. Answers undefined for what does not authenticate, however short it is. */
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
  // Not one character of it is looked at before it has been authenticated.
  return plain.toString()
}
