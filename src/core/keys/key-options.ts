import { KeyObject } from 'node:crypto'
import { types } from 'node:util'
import { describeValue, SojournError } from '../report/errors.ts'
import { isSwitch, type OptionCheck } from '../report/option-check.ts'
import { isSecret, type Secret, secretBytes, secretRecipe, shortestSecret } from './secret.ts'

/** One key of the `keys` option. */
export interface KeyOptions {
  /** The name of the key in cookies and records: 1 to 32 letters, digits, `-` and `_`, such as '2030-01'. */
  readonly id: string
  /** 32 random bytes or more. The keys that sign and encrypt are derived from it. */
  readonly secret: Secret
  /** The last moment at which the key is used: a date, or milliseconds since 1970. @default no end */
  readonly notAfter?: Date | number | undefined
  /** Revokes the key: cookies that it has signed and data that it has encrypted are refused. @default false */
  readonly revoked?: boolean | undefined
}

const idShape = /^[A-Za-z0-9_-]{1,32}$/

/** Whether a value can be the id of a key. It must have no dot and no colon, which have a meaning in cookie values. */
export function isKeyId(value: unknown): value is string {
  return typeof value === 'string' && idShape.test(value)
}

const checks: { readonly [name in keyof KeyOptions]-?: OptionCheck } = {
  id: { expected: '1 to 32 letters, digits, - and _', accepts: isKeyId },
  secret: { expected: "a string, bytes, or a KeyObject of type 'secret'", accepts: isSecret },
  notAfter: { expected: 'a valid date or milliseconds since the epoch', accepts: isNotAfter },
  revoked: { ...isSwitch, accepts: value => value === undefined || isSwitch.accepts(value) },
}

/**
 * Checks the `keys` option: each name, each value, and that no two keys have the same id or the same secret.
 *
 * No message shows a value, because somebody may have put a secret in the wrong place.
 *
 * @throws SojournError `OPTION_INVALID` for the first problem.
 */
export function checkKeys(keys: unknown): asserts keys is readonly KeyOptions[] {
  if (!Array.isArray(keys) || keys.length === 0)
    throw wrong('keys', 'an array of one or more keys such as { id, secret }', keys)
  // Not `forEach`, which skips holes.
  for (const [index, key] of keys.entries()) checkKey(`keys[${index}]`, key)
  checkSecrets(keys)
}

function checkKey(place: string, key: unknown): void {
  if (typeof key !== 'object' || key === null || Array.isArray(key))
    throw wrong(place, 'an object such as { id, secret }', key)
  const names = Object.keys(checks)
  const unknown = Object.keys(key).find(name => !names.includes(name))
  if (unknown !== undefined)
    throw invalid(
      `Expected only names that a key has, got \`${place}.${unknown}\`. There are: ${names.join(', ')}.`,
    )
  for (const [name, { expected, accepts }] of Object.entries(checks)) {
    const value: unknown = Reflect.get(key, name)
    if (!accepts(value)) throw wrong(`${place}.${name}`, expected, value)
  }
}

// If two keys had the same secret, it would still be valid under one id after the other key has been revoked.
function checkSecrets(keys: readonly KeyOptions[]): void {
  const secrets = keys.map(key => secretBytes(key.secret))
  for (const [index, secret] of secrets.entries()) {
    const place = `keys[${index}]`
    if (secret.length < shortestSecret)
      throw invalid(
        `Expected \`${place}.secret\` to have ${shortestSecret} bytes or more, got ${secret.length}. ${secretRecipe}`,
      )
    const sameId = keys.findIndex(other => other.id === keys[index]?.id)
    if (sameId < index) throw repeated(`${place}.id`, `keys[${sameId}].id`)
    const sameSecret = secrets.findIndex(other => other.equals(secret))
    if (sameSecret < index) throw repeated(`${place}.secret`, `keys[${sameSecret}].secret`)
  }
}

function isNotAfter(value: unknown): boolean {
  return value === undefined || Number.isFinite(types.isDate(value) ? value.getTime() : value)
}

function repeated(place: string, first: string): SojournError {
  return invalid(`Expected \`${place}\` to differ from every other key's, got the same as \`${first}\`.`)
}

function wrong(place: string, expected: string, value: unknown): SojournError {
  return invalid(`Expected \`${place}\` to be ${expected}, got ${describeKind(value)}.`)
}

function invalid(message: string): SojournError {
  return new SojournError('OPTION_INVALID', message)
}

function describeKind(value: unknown): string {
  if (typeof value === 'string') return `a string of ${value.length} characters`
  if (value instanceof KeyObject) return `a KeyObject of type '${value.type}'`
  if (types.isDate(value)) return 'an invalid date'
  const isTold = value === undefined || value === null || typeof value === 'boolean' || Number.isNaN(value)
  if (isTold || Array.isArray(value)) return describeValue(value)
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
