import { type Guard, visitOf } from './guard.ts'

/** A guard that marks a request as passive, such as a poll: it does not count as activity. It refuses no request. */
export const passiveGuard: Guard = request => {
  visitOf(request).markPassive()
  return undefined
}
