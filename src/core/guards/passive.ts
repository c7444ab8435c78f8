import { type Guard, visitOf } from './guard.ts'

/** Says that a request is no sign of life, such as the status that a page polls. Refuses nobody. */
export const passiveGuard: Guard = request => {
  visitOf(request).markPassive()
  return undefined
}
