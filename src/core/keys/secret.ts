import { KeyObject } from 'node:crypto'

/** A secret that signs and encrypts: text, bytes, or a `KeyObject`, which hides its bytes from `console.log`. */
export type Secret = string | Uint8Array | KeyObject

/** The minimum length of a secret in bytes: the length of the keys that are derived from it. */
export const shortestSecret = 32

/** The advice in messages on how to make a secret. */
export const secretRecipe: string =
  "Make one with: node -e \"console.log(require('node:crypto').randomBytes(32).toString('base64url'))\""

/** Whether a value can be a secret, however short. */
export function isSecret(value: unknown): value is Secret {
  if (value instanceof KeyObject) return value.type === 'secret'
  return typeof value === 'string' || value instanceof Uint8Array
}

/** Whether a secret is short enough to be guessed. Text is measured in UTF-8, as it is used. */
export function isShortSecret(secret: Secret): boolean {
  return secretBytes(secret).length < shortestSecret
}

/** The bytes of a secret, as a copy. */
export function secretBytes(secret: Secret): Buffer {
  if (typeof secret === 'string') return Buffer.from(secret)
  if (secret instanceof KeyObject) return secret.export()
  return Buffer.from(secret)
}

/** Whether two arrays have the same items in the same order: for an array that the application may change in place. */
export function hasSameItems(one: readonly unknown[], other: readonly unknown[]): boolean {
  if (one.length !== other.length) return false
  // Called for each cookie, so this is a plain loop without a callback.
  for (let index = 0; index < one.length; index += 1) if (one[index] !== other[index]) return false
  return true
}
