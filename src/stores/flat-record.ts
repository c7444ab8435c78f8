import { hash } from 'node:crypto'
import type { EncodedData, SessionRecord } from '../core/record/store.ts'
import { SojournError } from '../core/report/errors.ts'

/** A record as the columns of a database. Only those that a statement reads stand alone. */
export interface FlatRecord {
  readonly key: string
  readonly version: number
  readonly touched: number
  readonly ends: number
  /** As JSON, because the text columns of some databases refuse a null character. */
  readonly device: string | null
  /** A hash, because a subject may be longer than an index allows, and may be confidential. */
  readonly subject: string | null
  readonly epoch: number
  /** The facts that no statement reads, as JSON. */
  readonly facts: string
  readonly data: Uint8Array
}

type Facts = readonly [
  createdAt: number,
  subject: string | null,
  authenticatedAt: number | null,
  rotation: string | null,
  form: Form,
]
/** The form of the data; or the data itself, if it is text with lone surrogates, which UTF-8 cannot hold. */
type Form = typeof isText | typeof isBytes | string
const isText = 0
const isBytes = 1

/** The end of a record that never expires. Integer columns have no infinity. */
export const never: number = Number.MAX_SAFE_INTEGER

/** Writes a record as columns. */
export function flatten(record: SessionRecord): FlatRecord {
  const { key, version, touchedAt, epoch, device, subject } = record
  return {
    key,
    version,
    touched: touchedAt,
    ends: endOf(record),
    device: deviceText(device),
    subject: subject === undefined ? null : subjectHash(subject),
    epoch,
    facts: factsOf(record),
    data: bytesOf(record.data),
  }
}

/**
 * Reads a record from its columns.
 *
 * @throws SojournError `RECORD_CORRUPT` for columns that `flatten` did not write.
 */
export function unflatten({ facts, data, ...columns }: FlatRecord): SessionRecord {
  const [createdAt, subject, authenticatedAt, rotation, form] = parse<Facts>(facts)
  const { key, version, touched: touchedAt, ends, device, epoch } = columns
  return {
    key,
    version,
    createdAt,
    touchedAt,
    expiresAt: ends === never ? Number.POSITIVE_INFINITY : ends,
    device: device === null ? undefined : parse<string>(device),
    subject: subject ?? undefined,
    authenticatedAt: authenticatedAt ?? undefined,
    epoch,
    rotation: rotation ?? undefined,
    data: dataOf(form, data),
  }
}

/** The end of a record, an epoch or a lease, as an integer. */
export function endOf({ expiresAt }: { readonly expiresAt: number }): number {
  return Math.min(expiresAt, never)
}

export function deviceText(device: string | undefined): string | null {
  return device === undefined ? null : JSON.stringify(device)
}

export function subjectHash(subject: string): string {
  return hash('sha256', subject, 'base64url')
}

function factsOf({ createdAt, subject, authenticatedAt, rotation, data }: SessionRecord): string {
  const facts: Facts = [createdAt, subject ?? null, authenticatedAt ?? null, rotation ?? null, formOf(data)]
  return JSON.stringify(facts)
}

function formOf(data: EncodedData): Form {
  if (typeof data !== 'string') return isBytes
  return data.isWellFormed() ? isText : data
}

function bytesOf(data: EncodedData): Uint8Array {
  if (typeof data !== 'string') return data
  return data.isWellFormed() ? Buffer.from(data) : new Uint8Array()
}

function dataOf(form: Form, bytes: Uint8Array): EncodedData {
  if (typeof form === 'string') return form
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return form === isText ? buffer.toString() : new Uint8Array(buffer)
}

function parse<Value>(text: string): Value {
  try {
    // Only `flatten` writes these columns.
    return JSON.parse(text) as Value
  } catch {
    // The parser's own error would quote the record.
    throw new SojournError(
      'RECORD_CORRUPT',
      'Expected a record of Sojourn in the database, got something else.',
    )
  }
}
