import { isReserved, type SessionValues } from './codec.ts'
import { SojournError } from './errors.ts'
import { findUnsupported, type Unsupported, type ValueRules } from './unsupported-value.ts'
import { structuredRules } from './value-rules.ts'

/**
 * Checks that all values of a session can be held. The cause is what refused them already, if anything has.
 *
 * @throws SojournError `VALUE_UNSUPPORTED` for the first that cannot.
 */
export function checkValues(values: SessionValues, rules: ValueRules, cause?: unknown): void {
  const found = findUnsupported(values, rules)
  if (found === undefined) return
  const expected = `Expected \`session${found.path}\` to be a value that ${rules.holder} can hold`
  throw refusal(`${expected}, got ${found.kind}. ${remedyFor(found, rules)}`, cause)
}

/**
 * Checks one value that is assigned to a session. What is not stored is not checked: symbols as names, and
 * methods that the application replaces.
 *
 * @throws SojournError `VALUE_UNSUPPORTED`
 */
export function checkAssignment(name: string | symbol, value: unknown, rules: ValueRules): void {
  if (typeof name === 'symbol' || isReserved(name)) return
  // Most of what is assigned is a text or a number, which needs no walk.
  if (Object(value) !== value && rules.judge(value) === undefined) return
  checkValues({ [name]: value }, rules)
}

/** The error for values that no rule forbids and that could still not be written, such as too large ones. */
export function unwritableValues(rules: ValueRules, cause?: unknown): SojournError {
  const message = `Expected \`session\` to hold values that ${rules.holder} can hold, got more or deeper ones than it can write. Store less.`
  return refusal(message, cause)
}

function refusal(message: string, cause: unknown): SojournError {
  return new SojournError('VALUE_UNSUPPORTED', message, cause === undefined ? undefined : { cause })
}

function remedyFor({ level, value }: Unsupported, rules: ValueRules): string {
  const isOneThing = typeof value !== 'object' || value instanceof Date
  const instead = isOneThing ? 'a string or a number' : 'plain data'
  const isStructured = level < structuredRules.mostLevels && !findUnsupported({ value }, structuredRules)
  const isHeld = rules !== structuredRules && isStructured
  return isHeld ? `Store ${instead}, or use \`codec: 'structured'\`.` : `Store ${instead} instead.`
}
