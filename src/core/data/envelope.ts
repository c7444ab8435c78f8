import { randomFillSync } from 'node:crypto'
import { tagBytes } from '../keys/cipher.ts'
import { isKeyId } from '../keys/key-options.ts'

/**
 * What can decrypt the data: the key ring alone, or the key ring together with the id, which is only in the visitor's
 * cookie.
 */
export type SealMode = 'server' | 'visitor'

/** The head of an envelope: everything before the ciphertext. */
export interface EnvelopeHead {
  readonly mode: SealMode
  readonly keyId: string
  /** Makes the key of each record unique. Empty in mode 'visitor', where the id does that. */
  readonly salt: Buffer
  readonly nonce: Buffer
}

/** A parsed envelope. Nothing in it has been authenticated. */
export interface Envelope extends EnvelopeHead {
  readonly encrypted: Buffer
}

/** The byte for the format and the mode. */
export const versions: { readonly [mode in SealMode]: number } = { server: 1, visitor: 2 }

const nonceBytes = 12
const modes: { readonly [version: number]: SealMode } = { 1: 'server', 2: 'visitor' }
const saltBytes: { readonly [mode in SealMode]: number } = { server: 16, visitor: 0 }
/** The version, and the length of the key id. */
const prefixBytes = 2

/** Makes the head of an envelope: version | key id length | key id | salt | nonce. Salt and nonce are random. */
export function beginEnvelope(mode: SealMode, keyId: string): EnvelopeHead {
  const random = randomFillSync(Buffer.allocUnsafe(saltBytes[mode] + nonceBytes))
  return { mode, keyId, salt: random.subarray(0, saltBytes[mode]), nonce: random.subarray(saltBytes[mode]) }
}

/** Writes an envelope into memory of its own: in a store, a slice of Node's buffer pool would keep the pool alive. */
export function formatEnvelope({ mode, keyId, salt, nonce, encrypted }: Envelope): Uint8Array {
  const prefix = Buffer.of(versions[mode], keyId.length)
  return new Uint8Array(Buffer.concat([prefix, Buffer.from(keyId, 'latin1'), salt, nonce, encrypted]))
}

/** Parses an envelope. Returns undefined for any bytes that are none. */
export function parseEnvelope(sealed: Uint8Array): Envelope | undefined {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)
  const [version = 0, keyIdLength = 0] = bytes
  const mode = modes[version]
  if (mode === undefined) return undefined
  const saltStart = prefixBytes + keyIdLength
  const nonceStart = saltStart + saltBytes[mode]
  const textStart = nonceStart + nonceBytes
  const keyId = bytes.toString('latin1', prefixBytes, saltStart)
  if (bytes.length < textStart + tagBytes || !isKeyId(keyId)) return undefined
  const salt = bytes.subarray(saltStart, nonceStart)
  const nonce = bytes.subarray(nonceStart, textStart)
  return { mode, keyId, salt, nonce, encrypted: bytes.subarray(textStart) }
}
