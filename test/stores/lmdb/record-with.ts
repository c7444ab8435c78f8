import type { SessionRecord } from '../../../src/core/record/store.ts'

/** A record of which only some things matter. */
export function recordWith(facts: Partial<SessionRecord>): SessionRecord {
  return {
    key: 'key',
    version: 1,
    createdAt: 1,
    touchedAt: 1,
    expiresAt: 9e15,
    device: undefined,
    subject: undefined,
    authenticatedAt: undefined,
    epoch: 0,
    rotation: undefined,
    data: 'data',
    ...facts,
  }
}
