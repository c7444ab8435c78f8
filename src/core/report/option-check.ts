import { didYouMean } from './did-you-mean.ts'
import { describeValue, SojournError } from './errors.ts'

/** The check of one option: the accepted values in words, and as a predicate. */
export interface OptionCheck {
  readonly expected: string
  accepts(value: unknown): boolean
  /** Describes a wrong value for the message. @default `describeValue` */
  describe?(value: unknown): string
  /** The names inside the option, such as `maxAge` inside `cookie`, for suggestions. */
  readonly inside?: readonly string[]
}

/** Reports a problem with an option: throws it, or only warns, so that an existing application still starts. */
export type ReportProblem = (option: string, problem: string) => void

/** Reports a problem by throwing it. */
export const throwProblem: ReportProblem = (_option, problem) => {
  throw new SojournError('OPTION_INVALID', problem)
}

/** The check of a clock. */
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

/** The check of a boolean option. */
export const isSwitch: OptionCheck = oneOf(true, false)

/**
 * Checks each option. An option that is undefined counts as absent.
 *
 * @throws SojournError `OPTION_INVALID` for options that are no object. With the default `report`, also for a wrong
 * value and for a name that is not in `checks`.
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
