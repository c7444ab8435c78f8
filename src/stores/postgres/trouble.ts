import type { SojournError } from '../../core/report/errors.ts'
import * as trouble from '../trouble.ts'

const reasons: trouble.Reasons = [
  [/28P01|28000/, 'the server does not accept the user or the password'],
  [
    /42501/,
    'the user of the connection may not do this. Let it create tables, or run the statements of `postgresSchema()` as another user',
  ],
  [/3D000/, 'the server has no database of this name'],
  [/25006/, 'the server is read-only, as a replica is'],
  [/53300/, 'the server has no connection left. Make the pools smaller, or raise `max_connections`'],
  [/53100|No space left/, 'the disk of the server is full'],
  [/57P0[123]/, 'the server is starting or stopping'],
  [/42P01/, 'a table is missing'],
  [
    /42703|42804/,
    'a table has another shape. Give the store another `prefix`, or rename the table: ALTER TABLE … RENAME TO …',
  ],
  [/ECONNREFUSED/, 'nobody answers at its address'],
  [/ENOTFOUND|EAI_AGAIN/, 'there is no machine of its name'],
  [/SSL|TLS|self.signed|certificate|CERT/i, 'the encrypted connection could not be made'],
  [/after calling end|pool is ended/i, 'its pool has been closed'],
  [/Connection terminated|ECONNRESET|EPIPE|CONNECTION_/, 'the connection was lost'],
  [/ETIMEDOUT|timeout/i, 'it did not answer in time'],
]

export function troubleOf(error: unknown): Error {
  return trouble.troubleOf(error, reasons)
}

export function unusable(error: unknown): SojournError {
  return trouble.unusable('postgres', error, reasons)
}
