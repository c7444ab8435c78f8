import type { EpochExchange, SubjectEpoch } from '../core/record/store.ts'

/** The epoch after an exchange; undefined if the present epoch is not the expected one. */
export function exchangedEpoch(
  { next, expected }: EpochExchange,
  present: SubjectEpoch | undefined,
): SubjectEpoch | undefined {
  if (present === undefined || present.epoch === expected) return next
  return expected === undefined ? { ...next, epoch: Math.max(next.epoch, present.epoch + 1) } : undefined
}
