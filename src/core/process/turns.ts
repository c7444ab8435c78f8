import type { Limit } from '../record/deadline.ts'
import { busyError } from '../report/errors.ts'

/**
 * Queues of work: under one name, only one task runs at a time, in the order of arrival. A name takes no memory when
 * nothing runs under it.
 */
export class Turns {
  /** The queue of each name. An entry exists while a task has the turn. */
  readonly #waiting = new Map<string, (() => void)[]>()

  /**
   * Runs a task when its turn comes.
   *
   * @throws SojournError `LOCK_BUSY` when the limit is over before the turn comes.
   */
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

  /** The length of the queue of a name; undefined if no task has the turn. */
  waitingFor(name: string): number | undefined {
    return this.#waiting.get(name)?.length
  }

  /**
   * Takes the turn of a name, until `leave`. Returns undefined if nobody has it, else a promise that resolves when the
   * turn comes, and rejects with the reason of the signal.
   */
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

  /** Gives the turn to the next task in the queue. */
  leave(name: string): void {
    const next = this.#waiting.get(name)?.shift()
    if (next === undefined) this.#waiting.delete(name)
    else next()
  }
}
