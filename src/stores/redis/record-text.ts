import type { EncodedData, SessionRecord } from '../../core/record/store.ts'
import { SojournError } from '../../core/report/errors.ts'
import { hashOf } from './names.ts'

/** A record as text, in two parts. The scripts put the marks of its writers between them. */
export interface RecordText {
  /** The version and the two times. */
  readonly head: string
  /** A line with the device, a line with the facts that no script needs, and the data. */
  readonly tail: string
}

/** The third line. */
type Facts = readonly [
  /** Shows that a record is the one that the store asked for. */
  beginningOfKey: string,
  createdAt: number,
  subject: string | null,
  authenticatedAt: number | null,
  epoch: number,
  rotation: string | null,
  form: Form,
  /** The hash of the subject, for the script that loads the record with the epoch. Version 0.1.0 writes none. */
  subjectHash?: string,
]
/** The form of the data that follows; or the data itself, where it is text with lone surrogates, which UTF-8 cannot hold. */
type Form = typeof textFollows | typeof bytesFollow | string
const textFollows = 0
/** As base64, so that every client can treat the record as text. */
const bytesFollow = 1
/** Long enough that no two keys begin alike by chance. */
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

/** Writes a device as a line. An empty line stands for no device. */
export function encodeDevice(device: string | undefined): string {
  return device === undefined ? '' : JSON.stringify(device)
}

/**
 * Reads a record. It refuses the record of another key, which would let a visitor into another user's session. A driver
 * that mixes up its answers delivers such a record, and so does a copy made on the server.
 *
 * @throws SojournError `RECORD_CORRUPT` for text that `encodeRecord` did not write for this key.
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

/** Reads the answer of a server. Answers undefined if there is no record, or if it has expired. */
export function liveRecord(key: string, answer: unknown, now: number): SessionRecord | undefined {
  if (answer === null || answer === undefined) return undefined
  const record = decodeRecord(key, String(answer))
  return record.expiresAt <= now ? undefined : record
}

/** The error for a key that holds something other than a record. */
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
    return `${JSON.stringify(subject === null ? facts : [...facts, hashOf(subject)])}\n`
  }
  if (typeof data !== 'string') return line(bytesFollow) + base64Of(data)
  // UTF-8 cannot hold lone surrogates.
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
    // Only `encodeRecord` writes these lines.
    return JSON.parse(text) as Line
  } catch {
    // The parser's own error would quote the record.
    throw corrupt()
  }
}
