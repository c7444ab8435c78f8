import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const algorithm = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

/** Encrypts with AES-256-GCM under a fresh nonce: nonce, ciphertext, tag. `bound` is authenticated beside it. */
export function sealBytes(key: Buffer, plain: Uint8Array, bound: string | Uint8Array): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
  cipher.setAAD(Buffer.from(bound))
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** Decrypts what `sealBytes` made. Answers undefined for anything else, whatever its length. */
export function openBytes(key: Buffer, sealed: Uint8Array, bound: string | Uint8Array): Buffer | undefined {
  if (sealed.length < nonceBytes + tagBytes) return undefined
  const tagAt = sealed.length - tagBytes
  // Node before 26 takes a shorter tag for a right one unless it is told the length.
  const decipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  })
  decipher.setAAD(Buffer.from(bound))
  decipher.setAuthTag(sealed.subarray(tagAt))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(nonceBytes, tagAt)), decipher.final()])
  } catch {
    return undefined
  }
}
