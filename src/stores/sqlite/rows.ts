import type { SessionRecord, SubjectEpoch } from '../../core/record/store.ts'
import { type FlatRecord, never, unflatten } from '../flat-record.ts'
import type { Row } from './prepared.ts'

/** Reads the record in a row. A row of a list has no data. */
export function recordIn(row: Row): SessionRecord {
  // The statements select exactly these columns.
  const flat = row as unknown as FlatRecord
  return unflatten({ ...flat, data: flat.data ?? new Uint8Array() })
}

/** Reads the epoch in a row; undefined if the subject has none. */
export function epochIn(row: Row | undefined): SubjectEpoch | undefined {
  const { line, spared, lineEnds } = row ?? {}
  if (typeof line !== 'number') return undefined
  const ends = Number(lineEnds)
  return {
    epoch: line,
    except: typeof spared === 'string' ? spared : undefined,
    expiresAt: ends === never ? Number.POSITIVE_INFINITY : ends,
  }
}
