import type { EncodedData, SessionRecord, SubjectEpoch } from '../../core/record/store.ts'
import { SojournError } from '../../core/report/errors.ts'
import type { Document } from './client.ts'

/** The last moment that a date can stand for. */
export const lastDate = 8.64e15

/** Writes a record as a document. Text stays text, which a person can read; bytes become binary data. */
export function documentOf(record: SessionRecord): Document {
  const { key, device, subject, authenticatedAt, rotation, data, ...facts } = record
  return {
    _id: key,
    version: facts.version,
    createdAt: facts.createdAt,
    touchedAt: facts.touchedAt,
    expiresAt: facts.expiresAt,
    ...removalOf(facts.expiresAt),
    epoch: facts.epoch,
    ...(device !== undefined && { device }),
    ...(subject !== undefined && { subject }),
    ...(authenticatedAt !== undefined && { authenticatedAt }),
    ...(rotation !== undefined && { rotation }),
    data: typeof data === 'string' && !data.isWellFormed() ? { json: JSON.stringify(data) } : bytesOf(data),
  }
}

/** The time by which the server removes a document. It removes none without one. */
export function removalOf(expiresAt: number): Document {
  return expiresAt < lastDate ? { removeAt: new Date(expiresAt) } : {}
}

/** The fields of an epoch but its number. */
export function restOf({ except, expiresAt }: SubjectEpoch): Document {
  return { spared: except ?? null, expiresAt, ...removalOf(expiresAt) }
}

/** Reads a record from a document. One of a list has no data. */
export function recordIn(document: Document): SessionRecord {
  const { _id: key, version, createdAt, touchedAt, expiresAt, epoch } = document
  if (typeof key !== 'string' || typeof version !== 'number') throw corrupt()
  return {
    key,
    version,
    createdAt: Number(createdAt),
    touchedAt: Number(touchedAt),
    expiresAt: Number(expiresAt),
    device: textIn(document, 'device'),
    subject: textIn(document, 'subject'),
    authenticatedAt: typeof document.authenticatedAt === 'number' ? document.authenticatedAt : undefined,
    epoch: Number(epoch),
    rotation: textIn(document, 'rotation'),
    data: dataIn(document.data),
  }
}

/** Reads an epoch from a document; undefined if there is none. */
export function epochIn(document: unknown): SubjectEpoch | undefined {
  if (typeof document !== 'object' || document === null) return undefined
  const { line, spared, expiresAt } = document as Document
  return {
    epoch: Number(line),
    except: typeof spared === 'string' ? spared : undefined,
    expiresAt: Number(expiresAt),
  }
}

function bytesOf(data: EncodedData): string | Buffer {
  return typeof data === 'string' ? data : Buffer.from(data)
}

function dataIn(data: unknown): EncodedData {
  if (typeof data === 'string') return data
  if (data === undefined) return ''
  // Binary data of the driver, or bytes where the client promotes them.
  const { buffer, position, json } = Object(data)
  if (typeof json === 'string') return String(JSON.parse(json))
  if (data instanceof Uint8Array) return new Uint8Array(data)
  if (buffer instanceof Uint8Array) return new Uint8Array(buffer.subarray(0, Number(position)))
  throw corrupt()
}

function textIn(document: Document, field: string): string | undefined {
  const value = document[field]
  return typeof value === 'string' ? value : undefined
}

function corrupt(): SojournError {
  return new SojournError(
    'RECORD_CORRUPT',
    'Expected a record of Sojourn in the collection of the mongodb store, got something else. Give the store a `prefix` of its own.',
  )
}
