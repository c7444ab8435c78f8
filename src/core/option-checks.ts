import { describeValue, SojournError } from './errors.ts'

/** What one option may be, in words and as a question. */
export interface OptionCheck {
  readonly expected: string
  accepts(value: unknown): boolean
}

/** The check of an option that is on or off. */
export const isSwitch: OptionCheck = {
  expected: 'true or false',
  accepts: value => typeof value === 'boolean',
}

/**
 * Checks each option against what it may be. An option that is undefined counts as absent.
 *
 * @throws SojournError `OPTION_INVALID` for a wrong value, for a name that is not in `checks`, and for options
 * that are no object.
 */
export function checkEach(options: object, checks: Readonly<Record<string, OptionCheck>>): void {
  if (typeof options !== 'object' || options === null)
    throw invalid(`Expected the options to be an object, got ${describeValue(options)}.`)
  for (const [name, value] of Object.entries(options)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined
    if (check === undefined) throw unknown(name, Object.keys(checks))
    if (value === undefined || check.accepts(value)) continue
    throw invalid(`Expected \`${name}\` to be ${check.expected}, got ${describeValue(value)}.`)
  }
}

function unknown(name: string, known: readonly string[]): SojournError {
  return invalid(`Expected only options that exist, got \`${name}\`. There are: ${known.join(', ')}.`)
}

function invalid(message: string): SojournError {
  return new SojournError('OPTION_INVALID', message)
}
