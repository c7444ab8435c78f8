import type { Clock } from '../../core/time/clock.ts'

/** Longer than a machine usually takes to correct a wrong clock. */
const doubtMs = 10 * 60_000

/**
 * A time that has certainly passed: one that the clock showed ten minutes ago, measured by a timer, which does not follow
 * the clock. When the clock jumps ahead for a moment, as after the move of a virtual machine, every record looks
 * expired. A record that is only treated as absent comes back afterwards; one that a sweep removed does not.
 */
export class ProvenTime {
  readonly #clock: Clock
  #proven = Number.NEGATIVE_INFINITY
  #stopWaiting: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Answers the latest proven time, and begins to prove the present one. */
  now(): number {
    const shown = this.#clock.now()
    this.#stopWaiting ??= this.#clock.after(doubtMs, () => {
      this.#proven = Math.min(shown, this.#clock.now())
      this.#stopWaiting = undefined
    })
    return Math.min(this.#proven, shown)
  }

  /** Stops the timer. */
  close(): void {
    this.#stopWaiting?.()
  }
}
