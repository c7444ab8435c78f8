import type { SojournError } from '../../core/report/errors.ts'
import * as trouble from '../trouble.ts'

const reasons: trouble.Reasons = [
  [/bad auth|Authentication failed/i, 'the server does not accept the user or the password'],
  [/not authorized|requires authentication/i, 'the user of the connection may not do this on the server'],
  [
    /NotWritablePrimary|not primary|node is recovering/i,
    'the server is no primary, which alone takes writes',
  ],
  [
    /retryable writes|Transaction numbers are only allowed/i,
    'the server is no replica set, which the driver needs to repeat a write safely. A single server can be one: `rs.initiate()`',
  ],
  [/OutOfDiskSpace|No space left/i, 'the disk of the server is full'],
  [
    /client was closed|Client must be connected|Topology is closed|session that has ended/i,
    'its client has been closed',
  ],
  [/ECONNREFUSED/, 'nobody answers at its address'],
  [/ENOTFOUND|EAI_AGAIN|querySrv/, 'there is no machine of its name'],
  [/TLS|SSL|self.signed|certificate|CERT/i, 'the encrypted connection could not be made'],
  [/timed out|timeout|MaxTimeMSExpired|Server selection/i, 'it did not answer in time'],
  [/ECONNRESET|EPIPE|connection .*closed|PoolCleared/i, 'the connection was lost'],
]

export function troubleOf(error: unknown): Error {
  return trouble.troubleOf(error, reasons)
}

export function unusable(error: unknown): SojournError {
  return trouble.unusable('mongodb', error, reasons)
}
