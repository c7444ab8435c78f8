import type { SubjectEpoch } from '../core/record/store.ts'

/**
 * The one epoch that has the effect of two of the same subject: each ends what is below it, but for its exception. Of
 * two equal ones the exception is what both of them say.
 */
export function higherEpoch(one: SubjectEpoch, other: SubjectEpoch): SubjectEpoch {
  const [low, high] = one.epoch < other.epoch ? [one, other] : [other, one]
  if (low.epoch < high.epoch) return { ...high, exceptFrom: exceptFrom(low, high) }
  const expiresAt = Math.max(one.expiresAt, other.expiresAt)
  if (one.except !== other.except) return { epoch: one.epoch, except: undefined, expiresAt }
  return { ...one, exceptFrom: highest(one.exceptFrom, other.exceptFrom), expiresAt }
}

/** The highest epoch that does not spare the exception of the higher of two. */
function exceptFrom(low: SubjectEpoch, { except, exceptFrom: from }: SubjectEpoch): number | undefined {
  if (except === undefined) return undefined
  return highest(from, low.except === except ? low.exceptFrom : low.epoch)
}

function highest(one = 0, other = 0): number | undefined {
  return Math.max(one, other) || undefined
}
