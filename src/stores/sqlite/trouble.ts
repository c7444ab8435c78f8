import { isError, SojournError } from '../../core/report/errors.ts'

/** What is wrong and what to do about it, by the name or the message of the error. */
const reasons: readonly (readonly [sign: RegExp, reason: string])[] = [
  [
    /SQLITE_BUSY|database is locked/,
    'another process has held it for too long. Keep transactions in it short',
  ],
  [/SQLITE_FULL|disk is full/, 'the disk is full'],
  [
    /SQLITE_READONLY|readonly database/,
    'it cannot be written to. Give the process the right to write to the file and its folder',
  ],
  [
    /SQLITE_CANTOPEN|unable to open/,
    'the file cannot be opened. See that its folder exists, and that the process may write there',
  ],
  [/SQLITE_NOTADB|not a database/, 'the file is no SQLite database'],
  [/SQLITE_CORRUPT|malformed/, 'the file is damaged. Restore it from a backup'],
  [/SQLITE_IOERR|disk I\/O/, 'the disk fails'],
  [/no such table/, 'a table is missing. Make the store again, or check `adoptTable`'],
  [/not open|closed/, 'it has been closed'],
]

/** Runs work on a database. An error of the driver becomes one that says what is wrong. */
export function withReason<Answer>(work: () => Answer): Answer {
  try {
    return work()
  } catch (error) {
    throw error instanceof SojournError ? error : troubleOf(error)
  }
}

/**
 * The same, when the store is made.
 *
 * @throws SojournError `STORE_UNUSABLE`
 */
export function whileOpening<Answer>(work: () => Answer): Answer {
  try {
    return work()
  } catch (error) {
    if (error instanceof SojournError) throw error
    const cause = troubleOf(error)
    throw new SojournError(
      'STORE_UNUSABLE',
      `Expected a database for the sqlite store, but ${reasonOf(cause)}.`,
      {
        cause,
      },
    )
  }
}

/** A copy of an error with its message alone, and with the reason in words. */
function troubleOf(error: unknown): Error {
  if (!isError(error)) return new Error('The driver has thrown something that is no error.')
  const code = 'code' in error ? String(error.code) : ''
  const cause = new Error(`${error.message} (${code})`)
  return new Error(`Expected the database to answer, but ${reasonOf(cause)}.`, { cause })
}

function reasonOf(error: Error): string {
  const said = isError(error.cause) ? error.cause.message : error.message
  return reasons.find(([sign]) => sign.test(said))?.[1] ?? 'it failed. See `cause`'
}
