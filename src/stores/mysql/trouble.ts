import type { SojournError } from '../../core/report/errors.ts'
import * as trouble from '../trouble.ts'

const reasons: trouble.Reasons = [
  [
    /ER_ACCESS_DENIED_ERROR|ER_ACCESS_DENIED_NO_PASSWORD/,
    'the server does not accept the user or the password',
  ],
  [
    /ER_DBACCESS_DENIED|ER_TABLEACCESS_DENIED|ER_SPECIFIC_ACCESS/,
    'the user of the connection may not do this on the server',
  ],
  [/ER_BAD_DB_ERROR|ER_NO_DB_ERROR/, 'the server has no database of this name'],
  [/ER_OPTION_PREVENTS_STATEMENT|ER_READ_ONLY|read-only/, 'the server is read-only, as a replica is'],
  [
    /ER_CON_COUNT_ERROR|ER_TOO_MANY_USER_CONNECTIONS|Too many connections/i,
    'the server has no connection left. Lower `connectionLimit` of the pools, or raise `max_connections`',
  ],
  [/Queue limit reached/, 'the pool has no connection left, and its queue is full'],
  [/ER_RECORD_FILE_FULL|ER_DISK_FULL/, 'the disk of the server is full'],
  [/ER_NET_PACKET_TOO_LARGE/, 'a session is larger than the `max_allowed_packet` of the server'],
  [/ER_NO_SUCH_TABLE/, 'a table is missing'],
  [/ER_BAD_FIELD_ERROR/, 'a table has another shape. Give the store another `prefix`, or rename the table'],
  [/ECONNREFUSED/, 'nobody answers at its address'],
  [/ENOTFOUND|EAI_AGAIN/, 'there is no machine of its name'],
  [/HANDSHAKE|CERT|SSL|TLS|self.signed|certificate/i, 'the encrypted connection could not be made'],
  [/Pool is closed/, 'its pool has been closed'],
  [/PROTOCOL_CONNECTION_LOST|ECONNRESET|EPIPE|closed state/, 'the connection was lost'],
  [/ETIMEDOUT|TIMEOUT/, 'it did not answer in time'],
]

export function troubleOf(error: unknown): Error {
  return trouble.troubleOf(error, reasons)
}

export function unusable(error: unknown): SojournError {
  return trouble.unusable('mysql', error, reasons)
}
