import type { Limit } from '../record/deadline.ts'
import { busyError } from '../report/errors.ts'

/**
 * Lets work under one name be done by one at a time, in the order in which it came. It holds no more names
 * than there is work under way.
 */
export class Turns {
  /** Whoever waits under a name, in the order in which they came, while somebody has the turn. */
  readonly #waiting = new Map<string, (() => void)[]>()

  /** @throws SojournError `LOCK_BUSY` when the turn has not come before the limit is over. */
  async take<Result>(name: string, limit: Limit, work: () => Promise<Result>): Promise<Result> {
    const late = new AbortController()
    const turn = this.enter(name, late.signal)
    if (turn !== undefined) {
      const leave = limit.wait(() => late.abort(busyError('others have used it for too long')))
      await turn.finally(leave)
    }
    try {
      return await work()
    } finally {
      this.leave(name)
    }
  }

  /** How many wait under a name; undefined where nobody has the turn. */
  waitingFor(name: string): number | undefined {
    return this.#waiting.get(name)?.length
  }

  /** Waits for a turn, which ends with `leave`; undefined where nobody has it. Fails with the reason of the signal. */
  enter(name: string, signal?: AbortSignal): Promise<void> | undefined {
    const waiting = this.#waiting.get(name)
    if (waiting === undefined) {
      this.#waiting.set(name, [])
      return undefined
    }
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        signal?.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = (): void => {
        waiting.splice(waiting.indexOf(enter), 1)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', giveUp, { once: true })
      waiting.push(enter)
    })
  }

  /** Lets the next one have the turn. */
  leave(name: string): void {
    const next = this.#waiting.get(name)?.shift()
    if (next === undefined) this.#waiting.delete(name)
    else next()
  }
}
