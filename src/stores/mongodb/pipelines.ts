import type { SessionRecord, SubjectEpoch, Touch } from '../../core/record/store.ts'
import type { Document } from './client.ts'
import { documentOf, lastDate, restOf } from './documents.ts'

/** Keeps the date of removal in step with the end of a record. */
const withRemoval: Document = {
  $set: {
    removeAt: {
      $cond: [{ $gte: ['$expiresAt', lastDate] }, '$$REMOVE', { $toDate: { $toLong: '$expiresAt' } }],
    },
  },
}

/** Replaces a document if it has the expected version. Later activity that it has stays. */
export function replacement(record: SessionRecord, expectedVersion: number): readonly Document[] {
  const document = { $literal: documentOf(record) }
  const later = {
    touchedAt: '$touchedAt',
    expiresAt: { $max: ['$expiresAt', record.expiresAt] },
    device: { $ifNull: ['$device', { $ifNull: [{ $literal: record.device ?? null }, '$$REMOVE'] }] },
  }
  const isLater = { $gt: ['$touchedAt', record.touchedAt] }
  const next = { $cond: [isLater, { $mergeObjects: [document, later] }, document] }
  return [{ $replaceWith: { $cond: [{ $eq: ['$version', expectedVersion] }, next, '$$ROOT'] } }, withRemoval]
}

/** Where the epochs are, and the time. */
interface Looking {
  readonly epochsName: string
  readonly now: number
}

/** The live sessions of a subject without their data, and its epoch behind them. */
export function listOf(subject: string, { epochsName: coll, now }: Looking): readonly Document[] {
  const isLive = { expiresAt: { $gt: now } }
  return [
    { $match: { subject, ...isLive } },
    { $unset: 'data' },
    { $unionWith: { coll, pipeline: [{ $match: { _id: subject, ...isLive } }] } },
  ]
}

/** Moves the times of a record forward, and sets its device if the activity is the latest. */
export function withActivity({ touchedAt, expiresAt, device }: Touch): readonly Document[] {
  const isLatest = { $gte: [touchedAt, '$touchedAt'] }
  const times = {
    touchedAt: { $max: ['$touchedAt', touchedAt] },
    expiresAt: { $max: ['$expiresAt', expiresAt] },
  }
  const seen = device !== undefined && { device: { $cond: [isLatest, { $literal: device }, '$device'] } }
  return [{ $set: { ...times, ...seen } }, withRemoval]
}

/** Sets an epoch, with at least one more than the present number. */
export function raised(next: SubjectEpoch, now: number): readonly Document[] {
  const isLive = { $gt: ['$expiresAt', now] }
  const higher = { $max: [next.epoch, { $add: ['$line', 1] }] }
  return [
    {
      $replaceWith: {
        _id: '$_id',
        line: { $cond: [isLive, higher, next.epoch] },
        ...literally(restOf(next)),
      },
    },
  ]
}

/** Fields for a pipeline, in which text may stand for a field. */
function literally(fields: Document): Document {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, { $literal: value }]))
}
