import type { Activity, SessionRecord } from '../core/record/store.ts'

/** The record to store in place of `found`: `record`, but keeping any later activity that `found` has. */
export function successorOf(found: SessionRecord, record: SessionRecord): SessionRecord {
  return found.touchedAt > record.touchedAt ? furthest(record, found) : record
}

/**
 * A record after an activity: each time is the later of the two, and the device is that of the later activity.
 * The fields are spelled out because many requests run this, and a spread costs several times as much.
 */
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
