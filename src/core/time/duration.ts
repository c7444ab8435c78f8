import { describeValue, SojournError } from '../report/errors.ts'

/** A span of time: milliseconds, or a number and a unit such as `'20m'` or `'1.5 h'` (ms, s, m, h, d, w). */
export type Duration = number | string

/** The milliseconds of each unit, the smallest first. */
export const units: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
])

/**
 * Converts a duration to milliseconds.
 *
 * @throws SojournError `OPTION_INVALID` if it is no duration, not finite, or below zero.
 */
export function parseDuration(option: string, value: Duration): number {
  const spanMs = typeof value === 'string' ? spanOf(value) : value
  if (typeof spanMs === 'number' && Number.isFinite(spanMs) && spanMs >= 0) return Math.floor(spanMs)
  throw new SojournError(
    'OPTION_INVALID',
    `Expected \`${option}\` to be a duration such as '20m' or a number of milliseconds, got ${describeValue(value)}.`,
  )
}

/** Whether a value is a duration. */
export function isDuration(value: unknown): value is Duration {
  if (typeof value === 'string') return spanOf(value) !== undefined
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

function spanOf(text: string): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,6})?) ?(ms|s|m|h|d|w)$/.exec(text)
  const unit = units.get(match?.[2] ?? '')
  return unit === undefined ? undefined : Number(match?.[1]) * unit
}
