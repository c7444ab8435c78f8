import { systemClock } from '../../core/time/clock.ts'

/** How long a command waits for a connection: less than the core's deadline for a store call. */
export const patienceMs = 2000
const lookEveryMs = 20

/** Waits a moment before another look whether there is a connection. */
export function untilNextLook(): Promise<void> {
  return new Promise(resolve => systemClock.after(lookEveryMs, resolve))
}
