import type { StoreCall } from '../core/record/store.ts'

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
