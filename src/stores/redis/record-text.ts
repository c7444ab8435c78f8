import type { EncodedData, SessionRecord } from '../../core/record/store.ts'
import { SojournError } from '../../core/report/errors.ts'

/** A record as text, in the two parts between which the marks of its writers stand. */
export interface RecordText {
  /** The version and the two times. */
  readonly head: string
  /** A line with the device, a line with what no script needs, and the data. */
  readonly tail: string
}

/** What the third line holds. */
type Facts = readonly [
  /** So that a record is known to be the one that was asked for. */
  beginningOfKey: string,
  createdAt: number,
  subject: string | null,
  authenticatedAt: number | null,
  epoch: number,
  rotation: string | null,
  form: Form,
]
/** How the data follows; or the data itself, where it is text of half characters, which UTF-8 cannot hold. */
type Form = typeof textFollows | typeof bytesFollow | string
const textFollows = 0
/** As base64, so that no client needs to be told what is text and what is not. */
const bytesFollow = 1
/** Enough that no other key begins in the same way by chance. */
const beginningLength = 8
const shape = /^(\d+) (\S+) (\S+)[^\n]*\n([^\n]*)\n([^\n]*)\n/

/** Writes a record as text, with the beginning of its key. */
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
 * Reads a record. That of another key would let a visitor into the session of somebody else: a driver that has lost
 * count of its answers gives it, and so does whoever copies records on the server.
 *
 * @throws SojournError `RECORD_CORRUPT` for what `encodeRecord` has not written for this key.
 */
export function decodeRecord(key: string, text: string): SessionRecord {
  const [all, version, touchedAt, expiresAt, device = '', line = ''] = shape.exec(text) ?? []
  if (all === undefined) throw corrupt()
  const [beginning, createdAt, subject, authenticatedAt, epoch, rotation, form] = parseLine<Facts>(line)
  if (beginning !== beginningOf(key)) throw misplaced()
  return {
    key,
    version: Number(version),
    createdAt,
    touchedAt: Number(touchedAt),
    expiresAt: Number(expiresAt),
    device: device === '' ? undefined : parseLine<string>(device),
    subject: subject ?? undefined,
    authenticatedAt: authenticatedAt ?? undefined,
    epoch,
    rotation: rotation ?? undefined,
    data: dataOf(form, text.slice(all.length)),
  }
}

/** The error for what lies where a record should be. */
export function corrupt(): SojournError {
  return new SojournError(
    'RECORD_CORRUPT',
    'Expected a record of Sojourn under a key of the redis store, got something else. Give the store a `prefix` of its own.',
  )
}

function misplaced(): SojournError {
  return new SojournError(
    'RECORD_CORRUPT',
    'Expected the redis store to answer with the record of the key that was asked for, got that of another key. Of node-redis take version 6, or `disableOfflineQueue: true`.',
  )
}

function bodyOf(record: SessionRecord): string {
  const { key, createdAt, subject = null, authenticatedAt = null, epoch, rotation = null, data } = record
  const line = (form: Form): string => {
    const facts: Facts = [beginningOf(key), createdAt, subject, authenticatedAt, epoch, rotation, form]
    return `${JSON.stringify(facts)}\n`
  }
  if (typeof data !== 'string') return line(bytesFollow) + base64Of(data)
  // UTF-8 could not give back half of a character that takes two code units.
  return data.isWellFormed() ? line(textFollows) + data : line(data)
}

function dataOf(form: Form, rest: string): EncodedData {
  if (typeof form === 'string') return form
  return form === textFollows ? rest : new Uint8Array(Buffer.from(rest, 'base64'))
}

function beginningOf(key: string): string {
  return key.slice(0, beginningLength)
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
