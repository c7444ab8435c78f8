import type { SubjectEpoch } from '../core/record/store.ts'

/**
 * Combines two epochs of one subject into one with the effect of both: each ends the sessions below it, except the one
 * it spares. If both are equally high, a session is spared only when both spare it.
 */
export function higherEpoch(one: SubjectEpoch, other: SubjectEpoch): SubjectEpoch {
  const [low, high] = one.epoch < other.epoch ? [one, other] : [other, one]
  if (low.epoch < high.epoch) return { ...high, exceptFrom: exceptFrom(low, high) }
  const expiresAt = Math.max(one.expiresAt, other.expiresAt)
  if (one.except !== other.except) return { epoch: one.epoch, except: undefined, expiresAt }
  return { ...one, exceptFrom: highest(one.exceptFrom, other.exceptFrom), expiresAt }
}

/** The highest of the lower epochs that does not spare the session that `high` spares. */
function exceptFrom(low: SubjectEpoch, { except, exceptFrom: from }: SubjectEpoch): number | undefined {
  if (except === undefined) return undefined
  return highest(from, low.except === except ? low.exceptFrom : low.epoch)
}

function highest(one = 0, other = 0): number | undefined {
  return Math.max(one, other) || undefined
}
