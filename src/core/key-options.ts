import { KeyObject } from 'node:crypto'
import { types } from 'node:util'
import { SojournError } from './errors.ts'
import {
  isShortSecret,
  type Secret,
  secretBytes,
  secretLength,
  secretRecipe,
  shortestSecret,
} from './secret.ts'

/** One key of the `keys` option. */
export interface KeyOptions {
  /** Names the key in cookies and records: 1 to 32 letters, digits, `-` and `_`, such as '2030-01'. */
  readonly id: string
  /** 32 random bytes or more. Everything that signs and seals is derived from it. */
  readonly secret: Secret
  /** The last instant at which the key is used: a date, or milliseconds since the epoch. @default never over */
  readonly notAfter?: Date | number | undefined
  /** Takes the key out of use at once: what it has signed and sealed is refused from then on. @default false */
  readonly revoked?: boolean | undefined
}

const names = ['id', 'secret', 'notAfter', 'revoked']
const idShape = /^[A-Za-z0-9_-]{1,32}$/

/** Whether a value can name a key. None has a dot or a colon, which part and mark the values of cookies. */
export function isKeyId(value: unknown): value is string {
  return typeof value === 'string' && idShape.test(value)
}

/**
 * Checks the `keys` option: each name, each value, and that no two keys share their id or their secret.
 *
 * No message shows a value, because a secret may stand where another value belongs.
 *
 * @throws SojournError `OPTION_INVALID` for the first thing that is wrong.
 */
export function checkKeys(keys: unknown): asserts keys is readonly KeyOptions[] {
  if (!Array.isArray(keys) || keys.length === 0)
    refuse('keys', 'an array of one or more keys such as { id, secret }', describeKind(keys))
  // Not `forEach`, which passes over holes.
  for (const [index, key] of keys.entries()) checkKey(`keys[${index}]`, key)
  checkDistinct(keys)
}

function checkKey(place: string, key: unknown): void {
  if (typeof key !== 'object' || key === null || Array.isArray(key))
    refuse(place, 'an object such as { id, secret }', describeKind(key))
  const unknown = Object.keys(key).find(name => !names.includes(name))
  if (unknown !== undefined)
    throw invalid(
      `Expected only names that a key has, got \`${place}.${unknown}\`. There are: ${names.join(', ')}.`,
    )
  const { id, secret, notAfter, revoked }: { readonly [name: string]: unknown } = { ...key }
  if (!isKeyId(id)) refuse(`${place}.id`, '1 to 32 letters, digits, - and _', describeKind(id))
  checkSecret(`${place}.secret`, secret)
  if (!isNotAfter(notAfter))
    refuse(`${place}.notAfter`, 'a valid date or milliseconds since the epoch', describeKind(notAfter))
  if (revoked !== undefined && typeof revoked !== 'boolean')
    refuse(`${place}.revoked`, 'true or false', describeKind(revoked))
}

function checkSecret(place: string, secret: unknown): void {
  if (!isSecret(secret))
    refuse(place, "a string, bytes, or a KeyObject of type 'secret'", describeKind(secret))
  if (!isShortSecret(secret)) return
  throw invalid(
    `Expected \`${place}\` to have ${shortestSecret} bytes or more, got ${secretLength(secret)}. ${secretRecipe}`,
  )
}

// One secret under two names would go on reading under the one after the other has been revoked.
function checkDistinct(keys: readonly KeyOptions[]): void {
  const secrets = keys.map(key => secretBytes(key.secret))
  for (const [index, { id }] of keys.entries()) {
    const sameId = keys.findIndex(other => other.id === id)
    if (sameId < index) throw repeated(`keys[${index}].id`, `keys[${sameId}].id`)
    const sameSecret = secrets.findIndex(other => secrets[index]?.equals(other))
    if (sameSecret < index) throw repeated(`keys[${index}].secret`, `keys[${sameSecret}].secret`)
  }
}

function isSecret(value: unknown): value is Secret {
  if (value instanceof KeyObject) return value.type === 'secret'
  return typeof value === 'string' || value instanceof Uint8Array
}

function isNotAfter(value: unknown): boolean {
  return value === undefined || Number.isFinite(types.isDate(value) ? value.getTime() : value)
}

function repeated(place: string, first: string): SojournError {
  return invalid(`Expected \`${place}\` to differ from every other key's, got the same as \`${first}\`.`)
}

function refuse(place: string, expected: string, got: string): never {
  throw invalid(`Expected \`${place}\` to be ${expected}, got ${got}.`)
}

function invalid(message: string): SojournError {
  return new SojournError('OPTION_INVALID', message)
}

function describeKind(value: unknown): string {
  if (typeof value === 'string') return `a string of ${value.length} characters`
  if (typeof value === 'object' && value !== null) return describeObject(value)
  const isTold = value === undefined || value === null || typeof value === 'boolean' || Number.isNaN(value)
  return isTold ? String(value) : `a ${typeof value}`
}

function describeObject(value: object): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (value instanceof KeyObject) return `a KeyObject of type '${value.type}'`
  return types.isDate(value) ? 'an invalid date' : 'an object'
}
