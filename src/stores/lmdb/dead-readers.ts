import type { Clock } from '../../core/time/clock.ts'
import type { Root } from './engine.ts'

/** Looking costs microseconds, and the file of a busy shop grows by megabytes a second while it is held. */
const lookEveryMs = 2000

/**
 * Lets go of what a killed process was reading. Until then nothing that was written over since has its room free again,
 * and the file grows with each write. The engine looks for such processes every ten minutes.
 */
export class DeadReaders {
  readonly #root: Root
  readonly #clock: Clock
  #lookedAt = Number.NEGATIVE_INFINITY

  constructor(root: Root, clock: Clock) {
    this.#root = root
    this.#clock = clock
  }

  /** Looks for them, unless it has done so a moment ago. */
  clear(): void {
    const now = this.#clock.now()
    // The clock may have been set back.
    if (Math.abs(now - this.#lookedAt) < lookEveryMs) return
    this.#lookedAt = now
    this.#root.readerCheck()
  }
}
