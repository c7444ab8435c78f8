import { isNativeError } from 'node:util/types'

/** Every code that a `SojournError` can carry. Each has a section in `docs/errors.md`. */
export const errorCodes = [
  'OPTION_INVALID',
  'MESSAGE_UNUSABLE',
  'COOKIE_INVALID',
  'ID_INVALID',
  'SECRET_MISSING',
  'STORE_FAILED',
  'STORE_TIMED_OUT',
  'STORE_UNABLE',
  'STORE_UNUSABLE',
  'DRIVER_MISSING',
  'RECORD_CORRUPT',
  'SESSION_NOT_FOUND',
  'SESSION_GONE',
  'SESSION_LIMIT',
  'SIGN_IN_REQUIRED',
  'SUBJECT_INVALID',
  'VISIT_NOT_OPEN',
  'SESSION_READ_ONLY',
  'HEAD_SENT',
  'LOCK_BUSY',
  'LOCK_LOST',
  'CONFLICT_UNRESOLVED',
  'VALUE_UNSUPPORTED',
  'NAME_RESERVED',
  'SESSION_TOO_LARGE',
  'UPDATE_NESTED',
  'UPDATE_TIMED_OUT',
  'CROSS_SITE',
] as const

/** One of the codes in `errorCodes`. They are stable: compare the code, and not the message. */
export type SojournErrorCode = (typeof errorCodes)[number]

const statuses: { readonly [code in SojournErrorCode]?: number } = {
  STORE_FAILED: 503,
  STORE_TIMED_OUT: 503,
  SESSION_GONE: 409,
  SESSION_LIMIT: 403,
  SIGN_IN_REQUIRED: 401,
  CONFLICT_UNRESOLVED: 409,
  LOCK_BUSY: 429,
  LOCK_LOST: 409,
  CROSS_SITE: 403,
}

/** The one class of errors that Sojourn throws. The message never holds an id, a cookie or session data. */
export class SojournError extends Error {
  override readonly name: string = 'SojournError'
  readonly code: SojournErrorCode
  /** The HTTP status for the error, which Express's error handler reads. @default undefined, for 500 */
  readonly status?: number

  constructor(code: SojournErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    const status = statuses[code]
    if (status !== undefined) this.status = status
  }
}

/** The error of a write to a session that has ended. */
export function goneError(): SojournError {
  return new SojournError(
    'SESSION_GONE',
    'Expected to save a live session, but it has ended. Begin a new one with `regenerate`.',
  )
}

/** The error of a reload if the session no longer exists. The message is express-session's, which programs compare. */
export function notFoundError(): SojournError {
  return new SojournError('SESSION_NOT_FOUND', 'failed to load session')
}

/** The error of a save if the session is larger than `sizeLimit`. */
export function tooLargeError(sizeLimit: number): SojournError {
  return new SojournError(
    'SESSION_TOO_LARGE',
    `Expected a session of at most ${sizeLimit} bytes, got a larger one. Keep what is large in a database, or raise \`sizeLimit\`.`,
  )
}

/** The error for a `genid` that returns ids of existing sessions. */
export function takenIdError(): SojournError {
  return new SojournError(
    'ID_INVALID',
    'Expected `genid` to return an id that no session has, got one that is taken.',
  )
}

/** The error of a request that cannot get its turn for a session. */
export function busyError(got: string): SojournError {
  return new SojournError('LOCK_BUSY', `Expected to have the session alone, but ${got}. Try again later.`)
}

/** The error of an operation that needs a new cookie after the head of the response has left. */
export function headSentError(wanted: string): SojournError {
  return new SojournError(
    'HEAD_SENT',
    `Expected to ${wanted} before the first byte of the response leaves, because the new cookie needs its head, but it has left. Do that before the stream begins.`,
  )
}

/** The error of an operation that the store does not support. */
export function unableError(store: string, wanted: string): SojournError {
  return new SojournError(
    'STORE_UNABLE',
    `Expected a store that can ${wanted}, got the ${store} store, which cannot. Use a store of Sojourn's.`,
  )
}

/** The error of a write that has met too many conflicts. */
export function conflictError(wanted: string, attempts: number): SojournError {
  return new SojournError(
    'CONFLICT_UNRESOLVED',
    `Expected to ${wanted} within ${attempts} attempts, but each of them conflicted with another request. Let fewer requests change it at the same time.`,
  )
}

/** The error of an access to the session before `open` has resolved. */
export function notOpenError(store: string): SojournError {
  return new SojournError(
    'VISIT_NOT_OPEN',
    `Expected \`await visit.open()\` before the first access to the session, because the ${store} store does not answer at once.`,
  )
}

/** Whether a value is an error. In Jest, tests run in another realm, where Node's errors are not instances of `Error`. */
export function isError(value: unknown): value is Error {
  return isNativeError(value) || value instanceof Error
}

/** Describes a value for an error message. It shows primitive values, and of objects only their class. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  if (typeof value === 'object' && value !== null)
    return `an object (${value.constructor?.name ?? 'no prototype'})`
  return String(value)
}
