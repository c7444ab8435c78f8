import type { StoreCall } from '../../core/record/store.ts'
import { systemClock } from '../../core/time/clock.ts'

/** How long a command waits for a connection: less than the core's deadline for a store call. */
export const patienceMs = 2000
const lookEveryMs = 20

/** Waits a moment before another look whether there is a connection. */
export function untilNextLook(): Promise<void> {
  return new Promise(resolve => systemClock.after(lookEveryMs, resolve))
}

/** Waits for an answer, and rejects as soon as the caller has given up. */
export function unlessOver<Answer>(call: StoreCall | undefined, answer: Promise<Answer>): Promise<Answer> {
  if (call === undefined) return answer
  const { signal } = call
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(signal.reason)
    signal.addEventListener('abort', giveUp, { once: true })
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp))
    if (signal.aborted) giveUp()
  })
}
