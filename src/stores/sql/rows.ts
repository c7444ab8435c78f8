import type { SessionRecord, SubjectEpoch } from '../../core/record/store.ts'
import { never, unflatten } from '../flat-record.ts'

/** A row of a result. Some drivers give large numbers as text, and text in binary columns as bytes. */
export interface Row {
  readonly [column: string]: unknown
}

/** Reads the record in a row. A row of a list has no data. */
export function recordIn(row: Row): SessionRecord {
  const { version, touched, ends, epoch, data } = row
  return unflatten({
    key: textIn(row, 'key') ?? '',
    version: Number(version),
    touched: Number(touched),
    ends: Number(ends),
    device: textIn(row, 'device'),
    subject: textIn(row, 'subject'),
    epoch: Number(epoch),
    facts: textIn(row, 'facts') ?? '',
    data: data instanceof Uint8Array ? data : new Uint8Array(),
  })
}

/** Reads the epoch in a row, from the columns `line`, `spared` and `line_ends`; undefined if the subject has none. */
export function epochIn(row: Row | undefined): SubjectEpoch | undefined {
  const line = row?.line
  if (row === undefined || line === null || line === undefined) return undefined
  const ends = Number(row.line_ends)
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
