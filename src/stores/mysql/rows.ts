import type { SessionRecord, SubjectEpoch } from '../../core/record/store.ts'
import { type FlatRecord, never, unflatten } from '../flat-record.ts'
import type { Row } from './connection.ts'

/** Reads the record in a row. The driver gives binary columns as bytes. A row of a list has no data. */
export function recordIn(row: Row): SessionRecord {
  const { version, touched, ends, epoch, data } = row
  const flat: FlatRecord = {
    key: textIn(row, 'key') ?? '',
    version: Number(version),
    touched: Number(touched),
    ends: Number(ends),
    device: textIn(row, 'device'),
    subject: textIn(row, 'subject'),
    epoch: Number(epoch),
    facts: textIn(row, 'facts') ?? '',
    data: data instanceof Uint8Array ? data : new Uint8Array(),
  }
  return unflatten(flat)
}

/** Reads the epoch in a row; undefined if the subject has none. */
export function epochIn(row: Row | undefined): SubjectEpoch | undefined {
  const { line, lineEnds } = row ?? {}
  if (row === undefined || line === null || line === undefined) return undefined
  const ends = Number(lineEnds)
  return {
    epoch: Number(line),
    except: textIn(row, 'spared') ?? undefined,
    expiresAt: ends === never ? Number.POSITIVE_INFINITY : ends,
  }
}

export function textIn(row: Row, column: string): string | null {
  const value = row[column]
  return value === null || value === undefined ? null : String(value)
}
