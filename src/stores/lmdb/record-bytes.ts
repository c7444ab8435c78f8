import type { EncodedData, SessionRecord } from '../../core/record/store.ts'
import { SojournError } from '../../core/report/errors.ts'

/**
 * The first part of a record in the file: a line of JSON with everything but the key and the data. The data follows as it
 * is. JSON contains no line break, so the first one separates the two.
 */
type Line = readonly [
  version: number,
  createdAt: number,
  touchedAt: number,
  /** Null for a record that never expires, because JSON has no infinity. */
  expiresAt: number | null,
  device: string | null,
  subject: string | null,
  authenticatedAt: number | null,
  epoch: number,
  rotation: string | null,
  /** The form of the data that follows; or the data itself, where it is text with lone surrogates, which UTF-8 cannot hold. */
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
 * Reads a record. It copies the data, because the engine reuses the bytes.
 *
 * @throws SojournError `RECORD_CORRUPT` for bytes that `encodeRecord` did not write.
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
    // Only `lineOf` writes these lines.
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
