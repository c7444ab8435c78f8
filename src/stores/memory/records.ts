import type { SessionRecord } from '../../core/record/store.ts'
import { SojournError } from '../../core/report/errors.ts'

/** The memory that an entry takes beside its texts, as `process.memoryUsage` shows it, rounded up. */
const entryBytes = 512

/**
 * The bytes that a record counts for. Throws for a record larger than the whole store, which would push out every
 * other record, and then itself.
 */
export function weigh(record: SessionRecord, verb: string, maxBytes: number): number {
  const { key, subject = '', device = '', rotation = '', data } = record
  const bytes = entryBytes + key.length + subject.length + device.length + rotation.length + data.length
  if (bytes <= maxBytes) return bytes
  throw new SojournError(
    'STORE_FAILED',
    `The memory store cannot ${verb} a record of ${bytes} bytes: \`maxBytes\` is ${maxBytes}.`,
  )
}

/** Copies bytes, because a caller could change them, and a small view may keep a large buffer alive. Text needs no copy. */
export function ownCopy(record: SessionRecord): SessionRecord {
  return typeof record.data === 'string' ? record : { ...record, data: new Uint8Array(record.data) }
}
