import type { SessionRecord } from '../../core/record/store.ts'

/** What an entry occupies beside its texts, rounded up from what `process.memoryUsage` shows. */
const entryBytes = 512

/** How many bytes a record counts for. */
export function weightOf({ key, subject = '', device = '', rotation = '', data }: SessionRecord): number {
  return entryBytes + key.length + subject.length + device.length + rotation.length + data.length
}

/** Text cannot be changed by whoever holds it; bytes can, and a small view may keep a large buffer alive. */
export function ownCopy(record: SessionRecord): SessionRecord {
  return typeof record.data === 'string' ? record : { ...record, data: new Uint8Array(record.data) }
}
