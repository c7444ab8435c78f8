import type { Guard } from './guard.ts'

/** Says that a request is no sign of life, such as the status that a page polls. Refuses nobody. */
export const passiveGuard: Guard = ({ visit }) => {
  visit.markPassive()
  return undefined
}
