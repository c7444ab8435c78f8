import { createCipheriv, createDecipheriv, type DecipherGCM } from 'node:crypto'

/** What encrypts one text: a key and a nonce that are used together only once, and what the text belongs to. */
export interface CipherSetting {
  readonly key: Buffer
  readonly nonce: Buffer
  /** What is authenticated together with the text, and not encrypted. */
  readonly fields: Buffer
}

/** An encrypted text, and the tag without which it is not looked at. */
export interface Encrypted {
  readonly ciphertext: Buffer
  readonly tag: Buffer
}

/** The length of the authentication tag: the full one, on both sides. */
export const tagBytes = 16

const algorithm = 'aes-256-gcm'
/** Node before version 26 accepts shortened tags from whoever does not say the length. */
const gcm = { authTagLength: tagBytes }

/** Encrypts a text by AES-256-GCM. */
export function encrypt(plain: string, { key, nonce, fields }: CipherSetting): Encrypted {
  const cipher = createCipheriv(algorithm, key, nonce, gcm)
  cipher.setAAD(fields)
  const ciphertext = cipher.update(plain, 'utf8')
  cipher.final()
  return { ciphertext, tag: cipher.getAuthTag() }
}

/** Undoes `encrypt`. Answers undefined for what does not authenticate, a shortened tag included. */
export function decrypt({ ciphertext, tag }: Encrypted, setting: CipherSetting): string | undefined {
  const decipher = createDecipheriv(algorithm, setting.key, setting.nonce, gcm)
  decipher.setAAD(setting.fields)
  const plain = decipher.update(ciphertext)
  // Not one character of it is looked at before this has been asked.
  return isAuthentic(decipher, tag) ? plain.toString() : undefined
}

function isAuthentic(decipher: DecipherGCM, tag: Buffer): boolean {
  try {
    decipher.setAuthTag(tag)
    decipher.final()
    return true
  } catch {
    return false
  }
}
