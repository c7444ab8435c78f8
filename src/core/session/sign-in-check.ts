import { describeValue, SojournError } from '../report/errors.ts'
import { checkEach, type OptionCheck } from '../report/option-check.ts'
import { type Duration, parseDuration } from '../time/duration.ts'

const keepChecks: Readonly<Record<string, OptionCheck>> = {
  keep: {
    expected: 'a list of the names of data',
    accepts: keep => Array.isArray(keep) && keep.every(name => typeof name === 'string'),
  },
}
const longestSubject = 1024
/** How far the clock of another machine may be ahead. A time further ahead comes from a wrong clock. */
export const mostAheadMs = 60_000

/**
 * Returns a subject as text.
 *
 * @throws SojournError `SUBJECT_INVALID` unless it is a string of 1 to 1024 characters or a finite number.
 */
export function checkSubject(subject: unknown): string {
  const text = typeof subject === 'number' && Number.isFinite(subject) ? String(subject) : subject
  if (typeof text === 'string' && text !== '' && text.length <= longestSubject && text.isWellFormed()) {
    return text
  }
  throw new SojournError(
    'SUBJECT_INVALID',
    `Expected the subject to be a string of 1 to ${longestSubject} whole characters, or a number, got ${describeKind(subject)}. Use the id of the user.`,
  )
}

/**
 * Describes a value by its type only: a subject may be an e-mail address or an account number, and a wrong value may
 * come from a visitor.
 */
function describeKind(subject: unknown): string {
  if (typeof subject === 'string') return `one of ${subject.length} characters`
  if (Array.isArray(subject)) return 'an array'
  if (typeof subject === 'object' && subject !== null) return 'an object'
  const isShown = typeof subject === 'bigint' || typeof subject === 'symbol' || typeof subject === 'function'
  return isShown ? `a ${typeof subject}` : describeValue(subject)
}

/**
 * Checks the options, and returns them.
 *
 * @throws SojournError `OPTION_INVALID` for a `keep` that is no list of names, and for any other option: a caller that
 * passes the list itself would otherwise lose the data.
 */
export function checkKeep<Options extends { readonly keep?: unknown }>(options: Options): Options {
  checkEach(options, keepChecks)
  return options
}

/** The parts of a session that tell whether, and since when, a user is signed in. */
export interface SignedIn {
  readonly subject: string | undefined
  readonly authenticatedAt: number | undefined
  now(): number
}

/** @throws SojournError `SIGN_IN_REQUIRED` unless the subject has signed in within the span. */
export function checkRecentSignIn(session: SignedIn, within: Duration): void {
  if (hasRecentSignIn(session, within)) return
  const isPast = Number(session.authenticatedAt) <= session.now()
  const when = isPast ? 'the last sign-in is longer ago' : 'the last sign-in is in the future'
  const got = session.subject === undefined ? 'nobody is signed in' : when
  throw new SojournError('SIGN_IN_REQUIRED', `Expected a recent enough sign-in, but ${got}. Sign in again.`)
}

/** Whether the subject has signed in within a span. A sign-in from the future proves nothing. */
export function hasRecentSignIn(session: SignedIn, within: Duration): boolean {
  const withinMs = parseDuration('within', within)
  const { subject, authenticatedAt = Number.NaN } = session
  const ageMs = session.now() - authenticatedAt
  return subject !== undefined && ageMs >= -mostAheadMs && ageMs < withinMs
}
