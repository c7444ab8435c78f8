/** Every code that a `SojournError` can carry. Each has a section in `docs/errors.md`. */
export const errorCodes = [
  'OPTION_INVALID',
  'COOKIE_INVALID',
  'ID_INVALID',
  'SECRET_MISSING',
  'STORE_FAILED',
  'STORE_TIMED_OUT',
  'RECORD_CORRUPT',
  'SESSION_NOT_FOUND',
  'SESSION_GONE',
  'VISIT_NOT_OPEN',
  'CONFLICT_UNRESOLVED',
  'VALUE_UNSUPPORTED',
  'CROSS_SITE',
] as const

/** One of the codes of `errorCodes`: stable, and what a program should compare. */
export type SojournErrorCode = (typeof errorCodes)[number]

const statuses: { readonly [code in SojournErrorCode]?: number } = {
  STORE_FAILED: 503,
  STORE_TIMED_OUT: 503,
  CROSS_SITE: 403,
}

/** The one class of errors that Sojourn throws. The message never holds an id, a cookie or session data. */
export class SojournError extends Error {
  override readonly name: string = 'SojournError'
  readonly code: SojournErrorCode
  /** The HTTP status that suits the error, where 500 does not: error handlers of Express read it. */
  readonly status?: number

  constructor(code: SojournErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    const status = statuses[code]
    if (status !== undefined) this.status = status
  }
}

/** What a save is told that comes after the end of its session. */
export function goneError(): SojournError {
  return new SojournError(
    'SESSION_GONE',
    'Expected to save a session that goes on, but it has been ended. Begin another with `regenerate`.',
  )
}

/** What a reload is told when there is no such session any more: express-session's words, which programs compare. */
export function notFoundError(): SojournError {
  return new SojournError('SESSION_NOT_FOUND', 'failed to load session')
}

/** Describes a value for an error message: its kind and, when that is harmless, what it is. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (typeof value === 'object' && value !== null)
    return `an object (${value.constructor?.name ?? 'no prototype'})`
  return String(value)
}
