import type { Activity, SessionRecord } from '../../core/store.ts'

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

/** Spelled out, because this is on the way of many requests and a spread costs several times as much. */
export function furthest(record: SessionRecord, { touchedAt, expiresAt, device }: Activity): SessionRecord {
  if (touchedAt < record.touchedAt && expiresAt <= record.expiresAt) return record
  return {
    key: record.key,
    version: record.version,
    createdAt: record.createdAt,
    touchedAt: Math.max(touchedAt, record.touchedAt),
    expiresAt: Math.max(expiresAt, record.expiresAt),
    device: device !== undefined && touchedAt >= record.touchedAt ? device : record.device,
    subject: record.subject,
    authenticatedAt: record.authenticatedAt,
    epoch: record.epoch,
    rotation: record.rotation,
    data: record.data,
  }
}
