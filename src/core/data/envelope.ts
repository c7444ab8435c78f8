import { randomFillSync } from 'node:crypto'
import { tagBytes } from '../keys/cipher.ts'
import { isKeyId } from '../keys/key-options.ts'

/**
 * What it takes to open sealed data: the key ring alone, or the key ring and the id that only the visitor's
 * cookie holds.
 */
export type SealMode = 'server' | 'visitor'

/** The head of an envelope: everything that stands in front of the sealed text. */
export interface EnvelopeHead {
  readonly mode: SealMode
  readonly keyId: string
  /** What gives each record a key of its own where the visitor's id does not; empty in mode 'visitor'. */
  readonly salt: Buffer
  readonly nonce: Buffer
}

/** An envelope taken apart. Nothing in it has been authenticated. */
export interface Envelope extends EnvelopeHead {
  readonly encrypted: Buffer
}

/** The byte that says the format and the mode. */
export const versions: { readonly [mode in SealMode]: number } = { server: 1, visitor: 2 }

const nonceBytes = 12
const modes: { readonly [version: number]: SealMode } = { 1: 'server', 2: 'visitor' }
const saltBytes: { readonly [mode in SealMode]: number } = { server: 16, visitor: 0 }
/** The version, and the length of the key id. */
const prefixBytes = 2

/** Begins an envelope: version | key id length | key id | salt | nonce, of which the last two are random. */
export function beginEnvelope(mode: SealMode, keyId: string): EnvelopeHead {
  const random = randomFillSync(Buffer.allocUnsafe(saltBytes[mode] + nonceBytes))
  return { mode, keyId, salt: random.subarray(0, saltBytes[mode]), nonce: random.subarray(saltBytes[mode]) }
}

/** Writes an envelope into memory of its own: a part of a shared block would keep the block in a store's memory. */
export function formatEnvelope({ mode, keyId, salt, nonce, encrypted }: Envelope): Uint8Array {
  const prefix = Buffer.of(versions[mode], keyId.length)
  return new Uint8Array(Buffer.concat([prefix, Buffer.from(keyId, 'latin1'), salt, nonce, encrypted]))
}

/** Takes an envelope apart. Answers undefined for bytes that are none, of any length. */
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
