import { SojournError } from '../report/errors.ts'
import type { SessionValues } from './codec.ts'
import { findUnsupported, type Unsupported, type ValueRules } from './unsupported-value.ts'
import { structuredRules } from './value-rules.ts'

/**
 * Checks that a codec can hold all values of a session. `cause` is the error of the codec, if it has already failed.
 *
 * @throws SojournError `VALUE_UNSUPPORTED` for the first unsupported value.
 */
export function checkValues(values: SessionValues, rules: ValueRules, cause?: unknown): void {
  const found = findUnsupported(values, rules)
  if (found !== undefined) throw refusal(describeLoss(found, rules), cause)
}

/** Describes what a round trip would lose of an assigned value, as a sentence; undefined if nothing. */
export function lossIn(name: string, value: unknown, rules: ValueRules): string | undefined {
  // Most values are strings or numbers, which need no walk.
  if (Object(value) !== value && rules.judge(value) === undefined) return undefined
  const found = findUnsupported({ [name]: value }, rules)
  return found && describeLoss(found, rules)
}

/** The error for values that the rules allow and the codec still cannot encode, such as very large ones. */
export function unwritableValues(rules: ValueRules, cause?: unknown): SojournError {
  const message = `Expected \`session\` to hold values that ${rules.holder} can hold, got more or deeper ones than it can write. Store less.`
  return refusal(message, cause)
}

function refusal(message: string, cause: unknown): SojournError {
  return new SojournError('VALUE_UNSUPPORTED', message, cause === undefined ? undefined : { cause })
}

function describeLoss(found: Unsupported, rules: ValueRules): string {
  const expected = `Expected \`session${found.path}\` to be a value that ${rules.holder} can hold`
  return `${expected}, got ${found.kind}. ${remedyFor(found, rules)}`
}

function remedyFor({ level, value }: Unsupported, rules: ValueRules): string {
  const isOneThing = typeof value !== 'object' || value instanceof Date
  const instead = isOneThing ? 'a string or a number' : 'plain data'
  const isStructured = level < structuredRules.mostLevels && !findUnsupported({ value }, structuredRules)
  const isHeld = rules !== structuredRules && isStructured
  return isHeld ? `Store ${instead}, or use \`codec: 'structured'\`.` : `Store ${instead} instead.`
}
