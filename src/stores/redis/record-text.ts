import { SojournError } from '../../core/errors.ts'
import type { EncodedData, SessionRecord } from '../../core/store.ts'
import { hasHalfCharacter } from '../../core/whole-text.ts'

/** A record as text, in the two parts between which the marks of its writers stand. */
export interface RecordText {
  /** The version and the two times. */
  readonly head: string
  /** A line with the device, a line with what no script needs, and the data. */
  readonly tail: string
}

/** What the third line holds. */
type Facts = readonly [
  createdAt: number,
  subject: string | null,
  authenticatedAt: number | null,
  epoch: number,
  rotation: string | null,
  /** How the data follows; or the data itself, where it is text of half characters, which UTF-8 cannot hold. */
  data: typeof textFollows | typeof bytesFollow | string,
]
const textFollows = 0
/** As base64, so that no client needs to be told what is text and what is not. */
const bytesFollow = 1
const shape = /^(\d+) (\S+) (\S+)[^\n]*\n([^\n]*)\n([^\n]*)\n/

/** Writes a record as text, without its key. */
export function encodeRecord(record: SessionRecord): RecordText {
  const { version, touchedAt, expiresAt, device } = record
  return {
    head: `${version} ${touchedAt} ${expiresAt}`,
    tail: `\n${encodeDevice(device)}\n${bodyOf(record)}`,
  }
}

/** Writes a device as a line. An empty one stands for none. */
export function encodeDevice(device: string | undefined): string {
  return device === undefined ? '' : JSON.stringify(device)
}

/**
 * Reads a record.
 *
 * @throws SojournError `RECORD_CORRUPT` for what `encodeRecord` has not written.
 */
export function decodeRecord(key: string, text: string): SessionRecord {
  const [all, version, touchedAt, expiresAt, device = '', line = ''] = shape.exec(text) ?? []
  if (all === undefined) throw corrupt()
  const facts = parseLine<Facts>(line)
  return {
    key,
    version: Number(version),
    createdAt: facts[0],
    touchedAt: Number(touchedAt),
    expiresAt: Number(expiresAt),
    device: device === '' ? undefined : parseLine<string>(device),
    subject: facts[1] ?? undefined,
    authenticatedAt: facts[2] ?? undefined,
    epoch: facts[3],
    rotation: facts[4] ?? undefined,
    data: dataOf(facts[5], text.slice(all.length)),
  }
}

/** The error for what lies where a record should be. */
export function corrupt(): SojournError {
  return new SojournError(
    'RECORD_CORRUPT',
    'Expected a record of Sojourn under a key of the redis store, got something else. Give the store a `prefix` of its own.',
  )
}

function bodyOf({ createdAt, subject, authenticatedAt, epoch, rotation, data }: SessionRecord): string {
  const line = (form: Facts[5]): string => {
    const facts: Facts = [createdAt, subject ?? null, authenticatedAt ?? null, epoch, rotation ?? null, form]
    return `${JSON.stringify(facts)}\n`
  }
  if (typeof data !== 'string') return line(bytesFollow) + base64Of(data)
  return hasHalfCharacter(data) ? line(data) : line(textFollows) + data
}

function dataOf(form: Facts[5], rest: string): EncodedData {
  if (typeof form === 'string') return form
  return form === textFollows ? rest : new Uint8Array(Buffer.from(rest, 'base64'))
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

function parseLine<Line>(text: string): Line {
  try {
    // Nobody but `encodeRecord` has written it.
    return JSON.parse(text) as Line
  } catch {
    // The parser's own error would quote the record.
    throw corrupt()
  }
}
