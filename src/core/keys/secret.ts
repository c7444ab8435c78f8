import { KeyObject } from 'node:crypto'

/** What signs and seals: text, bytes, or a key object that hides its bytes from `console.log`. */
export type Secret = string | Uint8Array | KeyObject

/** The fewest bytes that nobody can guess: as many as the keys that are derived from them have. */
export const shortestSecret = 32

/** Tells how to make a secret. */
export const secretRecipe: string =
  "Make one with: node -e \"console.log(require('node:crypto').randomBytes(32).toString('base64url'))\""

/** Whether a value can be a secret, however short. */
export function isSecret(value: unknown): value is Secret {
  if (value instanceof KeyObject) return value.type === 'secret'
  return typeof value === 'string' || value instanceof Uint8Array
}

/** Whether a secret has too few bytes to be beyond guessing. Text is measured as it is used, in UTF-8. */
export function isShortSecret(secret: Secret): boolean {
  return secretBytes(secret).length < shortestSecret
}

/** The bytes of a secret, in memory of their own where they were handed in as bytes. */
export function secretBytes(secret: Secret): Buffer {
  if (typeof secret === 'string') return Buffer.from(secret)
  if (secret instanceof KeyObject) return secret.export()
  return Buffer.from(secret)
}

/** Whether two lists hold the same things in the same order: for a list that its owner may change in place. */
export function hasSameItems(one: readonly unknown[], other: readonly unknown[]): boolean {
  if (one.length !== other.length) return false
  // Asked for each cookie that is read, hence without a function for each item.
  for (let index = 0; index < one.length; index += 1) if (one[index] !== other[index]) return false
  return true
}
