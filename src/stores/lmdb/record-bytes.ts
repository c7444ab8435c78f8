import type { EncodedData, SessionRecord } from '../../core/record/store.ts'
import { SojournError } from '../../core/report/errors.ts'

/**
 * How a record lies in the file: a line of JSON with all but its key and its data, and then the data as it is.
 * A line of JSON holds no end of line, so that the first one parts the two.
 */
type Line = readonly [
  version: number,
  createdAt: number,
  touchedAt: number,
  /** JSON has no infinity. It is null for a record that never ends. */
  expiresAt: number | null,
  device: string | null,
  subject: string | null,
  authenticatedAt: number | null,
  epoch: number,
  rotation: string | null,
  /** What follows the line; or the data itself, where it is text of half characters, which UTF-8 cannot hold. */
  data: typeof textFollows | typeof bytesFollow | string,
]
const textFollows = 0
const bytesFollow = 1
const endOfLine = 10

/** Writes a record as bytes, without its key. */
export function encodeRecord(record: SessionRecord): Buffer {
  const { data } = record
  if (typeof data !== 'string') return Buffer.concat([Buffer.from(lineOf(record, bytesFollow)), data])
  return Buffer.from(data.isWellFormed() ? lineOf(record, textFollows) + data : lineOf(record, data))
}

/**
 * Reads a record. Its data is a copy, so that the bytes may be used again.
 *
 * @throws SojournError `RECORD_CORRUPT` for what `encodeRecord` has not written.
 */
export function decodeRecord(key: string, bytes: Buffer): SessionRecord {
  const end = bytes.indexOf(endOfLine)
  const line = parseLine(bytes.toString('utf8', 0, end))
  return {
    key,
    version: line[0],
    createdAt: line[1],
    touchedAt: line[2],
    expiresAt: line[3] ?? Number.POSITIVE_INFINITY,
    device: line[4] ?? undefined,
    subject: line[5] ?? undefined,
    authenticatedAt: line[6] ?? undefined,
    epoch: line[7],
    rotation: line[8] ?? undefined,
    data: dataOf(line[9], bytes, end + 1),
  }
}

function lineOf(record: SessionRecord, data: Line[9]): string {
  const { version, createdAt, touchedAt, expiresAt } = record
  const { device = null, subject = null, authenticatedAt = null, epoch, rotation = null } = record
  const line: Line = [
    version,
    createdAt,
    touchedAt,
    expiresAt,
    device,
    subject,
    authenticatedAt,
    epoch,
    rotation,
    data,
  ]
  return `${JSON.stringify(line)}\n`
}

function parseLine(text: string): Line {
  try {
    // Nobody but `lineOf` has written it.
    return JSON.parse(text) as Line
  } catch {
    // The parser's own error would quote the record.
    throw new SojournError(
      'RECORD_CORRUPT',
      'Expected a record in the file of the lmdb store, got something else.',
    )
  }
}

function dataOf(data: Line[9], bytes: Buffer, from: number): EncodedData {
  if (typeof data === 'string') return data
  return data === textFollows
    ? bytes.toString('utf8', from, bytes.length)
    : new Uint8Array(bytes.subarray(from, bytes.length))
}
