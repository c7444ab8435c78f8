import { didYouMean } from './did-you-mean.ts'
import { describeValue, SojournError } from './errors.ts'

/** What one option may be, in words and as a question. */
export interface OptionCheck {
  readonly expected: string
  accepts(value: unknown): boolean
  /** Says what came. @default its kind, and the value itself where that is harmless */
  describe?(value: unknown): string
  /** The names that belong inside of the option, such as `maxAge` inside of `cookie`. */
  readonly inside?: readonly string[]
}

/** Receives what is wrong with an option: throws it, or warns where an application must go on as before. */
export type ReportProblem = (option: string, problem: string) => void

/** Reports a problem by throwing it. */
export const throwProblem: ReportProblem = (_option, problem) => {
  throw new SojournError('OPTION_INVALID', problem)
}

/** The check of an option that tells what time it is. */
export const isClock: OptionCheck = {
  expected: 'an object with the methods `now` and `after`',
  accepts: value =>
    typeof value === 'object' &&
    value !== null &&
    typeof Reflect.get(value, 'now') === 'function' &&
    typeof Reflect.get(value, 'after') === 'function',
}

/** The check of an option that is one of several words. */
export function oneOf(...accepted: readonly unknown[]): OptionCheck {
  return { expected: accepted.map(describeValue).join(' or '), accepts: value => accepted.includes(value) }
}

/** The check of an option that is on or off. */
export const isSwitch: OptionCheck = oneOf(true, false)

/**
 * Checks each option against what it may be. An option that is undefined counts as absent.
 *
 * @throws SojournError `OPTION_INVALID`, where `report` throws it, for a wrong value and for a name that is not
 * in `checks`; and always for options that are no object.
 */
export function checkEach(
  options: object,
  checks: Readonly<Record<string, OptionCheck>>,
  report: ReportProblem = throwProblem,
): void {
  if (typeof options !== 'object' || options === null) {
    throwProblem('options', `Expected the options to be an object, got ${describeValue(options)}.`)
  }
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined
    if (check === undefined) report(name, unknownOption(name, checks))
    else if (value !== undefined && !check.accepts(value)) {
      const got = check.describe?.(value) ?? describeValue(value)
      report(name, `Expected \`${name}\` to be ${check.expected}, got ${got}.`)
    }
  }
}

function unknownOption(name: string, checks: Readonly<Record<string, OptionCheck>>): string {
  const known = Object.keys(checks)
  const inside = known.flatMap(each => (checks[each]?.inside ?? []).map(inner => `${each}.${inner}`))
  const meant = didYouMean(name, [...known, ...inside])
  return `Expected only options that exist, got \`${name}\`.${meant} There are: ${known.join(', ')}.`
}
