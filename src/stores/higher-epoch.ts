import type { SubjectEpoch } from '../core/store.ts'

/** Which of two epochs of one subject counts. Of two equal ones it is what both of them say. */
export function higherEpoch(one: SubjectEpoch, other: SubjectEpoch): SubjectEpoch {
  if (one.epoch !== other.epoch) return one.epoch > other.epoch ? one : other
  const except = one.except === other.except ? one.except : undefined
  return { epoch: one.epoch, except, expiresAt: Math.max(one.expiresAt, other.expiresAt) }
}
