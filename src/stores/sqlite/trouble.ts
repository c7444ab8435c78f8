import { type Reasons, troubleOf, unusable } from '../trouble.ts'

/** What is wrong and what to do about it, by the name or the message of the error. */
const reasons: Reasons = [
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
    throw troubleOf(error, reasons)
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
    throw unusable('sqlite', error, reasons)
  }
}
