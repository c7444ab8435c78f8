import type { SessionValues } from './codec.ts'
import { SojournError } from './errors.ts'
import { findUnsupported, stepTo, type Unsupported } from './unsupported-value.ts'
import { structuredRules, type ValueRules } from './value-rules.ts'

/**
 * Checks that all values of a session can be held. The cause is what refused them already, if anything has.
 *
 * @throws SojournError `VALUE_UNSUPPORTED` for the first that cannot.
 */
export function checkValues(values: SessionValues, rules: ValueRules, cause?: unknown): void {
  const step = stepAmong(Object.keys(values))
  const session = { values: Object.values(values), session: values, step, judge: rules.judge }
  const found = findUnsupported(session, rules)
  if (found === undefined) return
  throw new SojournError('VALUE_UNSUPPORTED', describeLoss(found, rules), causedBy(cause))
}

/** What is lost of a value that is assigned to a session, in a sentence; undefined when it will come back as it is. */
export function lossIn(name: string, value: unknown, rules: ValueRules): string | undefined {
  // Most of what is assigned is a text or a number, which needs no walk.
  if (Object(value) !== value && rules.judge(value) === undefined) return undefined
  const session = { values: [value], step: stepAmong([name]), judge: rules.judge }
  const found = findUnsupported(session, rules)
  return found && describeLoss(found, rules)
}

/** What is said of values that no rule forbids and that could still not be written, such as too large ones. */
export function unwritableValues(rules: ValueRules, cause?: unknown): SojournError {
  const message = `Expected \`session\` to hold values that ${rules.holder} can hold, got more or deeper ones than it can write. Store less.`
  return new SojournError('VALUE_UNSUPPORTED', message, causedBy(cause))
}

function stepAmong(names: readonly string[]): (place: number) => string {
  return place => stepTo(names[place] ?? '')
}

function describeLoss(found: Unsupported, rules: ValueRules): string {
  const expected = `Expected \`session${found.path}\` to be a value that ${rules.holder} can hold`
  return `${expected}, got ${found.kind}. ${remedyFor(found, rules)}`
}

function causedBy(cause: unknown): ErrorOptions | undefined {
  return cause === undefined ? undefined : { cause }
}

function remedyFor({ level, value }: Unsupported, rules: ValueRules): string {
  const isOneThing = typeof value !== 'object' || value instanceof Date
  const instead = isOneThing ? 'a string or a number' : 'plain data'
  const isHeld = rules !== structuredRules && level < structuredRules.mostLevels && isStructured(value)
  return isHeld ? `Store ${instead}, or use \`codec: 'structured'\`.` : `Store ${instead} instead.`
}

function isStructured(value: unknown): boolean {
  const session = { values: [value], step: () => '', judge: structuredRules.judge }
  return findUnsupported(session, structuredRules) === undefined
}
