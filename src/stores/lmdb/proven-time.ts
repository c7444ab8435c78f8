import type { Clock } from '../../core/time/clock.ts'

/** Longer than a machine usually takes to set a wrong clock right. */
const doubtMs = 10 * 60_000

/**
 * What time it is at least: what the clock has shown for a while, by the timers, which do not go by it. A clock that
 * jumps ahead for a moment, as after a virtual machine was moved, says that everything is over. What is absent for
 * that moment comes back; what is removed in it does not.
 */
export class ProvenTime {
  readonly #clock: Clock
  #proven = Number.NEGATIVE_INFINITY
  #stopWaiting: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Answers the time that is proven by now, and begins to prove the present one. */
  now(): number {
    const shown = this.#clock.now()
    this.#stopWaiting ??= this.#clock.after(doubtMs, () => {
      this.#proven = Math.min(shown, this.#clock.now())
      this.#stopWaiting = undefined
    })
    return Math.min(this.#proven, shown)
  }

  /** Leaves no timer behind. */
  close(): void {
    this.#stopWaiting?.()
  }
}
