import { randomBytes } from 'node:crypto'
import type { SessionRecord } from 'sojourn'

/** A record that lives for an hour, by the clock of this machine. */
export function recordOf(changes: Partial<SessionRecord> = {}): SessionRecord {
  const now = Date.now()
  return {
    key: randomBytes(32).toString('base64url'),
    version: 1,
    createdAt: now,
    touchedAt: now,
    expiresAt: now + 3_600_000,
    device: undefined,
    subject: undefined,
    authenticatedAt: undefined,
    epoch: 0,
    rotation: undefined,
    data: 'first',
    ...changes,
  }
}

/** What a writer makes of a record. */
export function nextOf(record: SessionRecord, data: string): SessionRecord {
  return { ...record, version: record.version + 1, data }
}
