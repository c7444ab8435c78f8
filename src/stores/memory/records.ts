import type { SessionRecord } from '../../core/record/store.ts'
import { SojournError } from '../../core/report/errors.ts'

/** What an entry occupies beside its texts, rounded up from what `process.memoryUsage` shows. */
const entryBytes = 512

/**
 * How many bytes a record counts for. One that is larger than the whole store would otherwise push out everybody, and
 * then itself.
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

/** Text cannot be changed by whoever holds it; bytes can, and a small view may keep a large buffer alive. */
export function ownCopy(record: SessionRecord): SessionRecord {
  return typeof record.data === 'string' ? record : { ...record, data: new Uint8Array(record.data) }
}
