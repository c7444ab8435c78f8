import { isError, SojournError } from '../core/report/errors.ts'

/** What is wrong and what to do about it, by the message and the code of a driver's error. The first that fits counts. */
export type Reasons = readonly (readonly [sign: RegExp, reason: string])[]

/**
 * The error for one that a driver has thrown, with the reason in words. Its cause has the message and the code alone, because
 * drivers' own errors may carry the statement, its values, or a password.
 */
export function troubleOf(error: unknown, reasons: Reasons): Error {
  if (error instanceof SojournError) return error
  return new Error(`Expected the database to answer, but ${reasonOf(error, reasons)}.`, {
    cause: plain(error),
  })
}

/** The error for a database that cannot be used, when the store is made or made ready. */
export function unusable(store: string, error: unknown, reasons: Reasons): SojournError {
  if (error instanceof SojournError) return error
  const cause = isError(error) && isError(error.cause) ? error.cause : plain(error)
  return new SojournError(
    'STORE_UNUSABLE',
    `Expected a database for the ${store} store, but ${reasonOf(cause, reasons)}.`,
    { cause },
  )
}

function reasonOf(error: unknown, reasons: Reasons): string {
  const said = isError(error) ? `${error.message} ${codeOf(error)}` : ''
  return reasons.find(([sign]) => sign.test(said))?.[1] ?? 'it failed. See `cause`'
}

function plain(error: unknown): Error {
  if (!isError(error)) return new Error('The driver has thrown something that is no error.')
  return Object.assign(new Error(error.message), { name: error.name, code: codeOf(error) })
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : ''
}
