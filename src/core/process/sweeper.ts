import { randomUUID } from 'node:crypto'
import type { Leases, MaybePromise, Sweep } from '../record/store.ts'
import type { Clock } from '../time/clock.ts'

/** Longer than a machine usually takes to correct a wrong clock. */
const doubtMs = 10 * 60_000
/** How many records one step removes, and the pause after it, in which requests run. */
const stepSize = 1000
const pauseMs = 20
/** The rest waits for the next sweep. */
const mostSteps = 10_000
const leaseName = 'sweeper'

/** The parts of a manager that its sweeper needs. */
export interface SweeperParts {
  readonly clock: Clock
  readonly leases: Leases
  readonly closed: AbortSignal | undefined
  /** Calls the store's `sweep`. */
  sweep(limit: number, by: number): MaybePromise<Sweep>
}

/**
 * Removes expired records of one store in the background. It runs only while sessions are created or left to expire, at
 * random times, and in one process at a time.
 *
 * It removes what has expired by a time that the clock showed at least ten minutes ago, measured by a timer, which does not
 * follow the clock. When a clock jumps ahead for a moment, as after the move of a virtual machine, every record looks
 * expired. A record that is only treated as absent comes back afterwards; one that a sweep has removed does not.
 */
export class Sweeper {
  readonly #parts: SweeperParts
  /** Identifies this process among those that share the store. */
  readonly #token: string = randomUUID()
  #cancel: (() => void) | undefined

  constructor(parts: SweeperParts) {
    this.#parts = parts
    parts.closed?.addEventListener('abort', () => this.#cancel?.(), { once: true })
  }

  /** Plans a sweep, unless one is planned or running: after a while, or if later, when a record will expire. */
  plan(expiresAt = 0): void {
    const { clock, closed } = this.#parts
    if (this.#cancel !== undefined || closed?.aborted === true) return
    const shown = clock.now()
    const spanMs = Math.max(doubtMs, expiresAt - shown)
    this.#cancel = clock.after(spanMs + (Math.random() * doubtMs) / 2, () => {
      void this.#run(Math.min(shown, clock.now()))
    })
  }

  /** After a failure, the next created session plans the next sweep. */
  async #run(by: number): Promise<void> {
    const nextAt = await this.#sweepAll(by).catch(() => undefined)
    this.#cancel = undefined
    if (nextAt !== undefined) this.plan(nextAt)
  }

  async #sweepAll(by: number): Promise<number | undefined> {
    const { clock, leases, closed } = this.#parts
    // Not released, so that the sweepers of other processes leave this interval out.
    const lease = { name: leaseName, token: this.#token, expiresAt: clock.now() + doubtMs }
    if (!(await leases.acquireLease(lease))) return undefined
    for (let steps = 1; ; steps += 1) {
      const { nextAt } = await this.#parts.sweep(stepSize, by)
      const isDone = nextAt === undefined || nextAt > by || steps === mostSteps
      if (isDone || closed?.aborted === true) return nextAt
      await new Promise<void>(resolve => clock.after(pauseMs, resolve))
    }
  }
}
