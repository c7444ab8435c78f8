import type { Clock } from '../../core/time/clock.ts'
import type { Root } from './engine.ts'

/** A check costs microseconds, and meanwhile the file of a busy application may grow by megabytes a second. */
const lookEveryMs = 2000

/**
 * Drops the reads of killed processes. Until then the engine cannot reuse the space of anything overwritten since, and
 * the file grows with each write. The engine itself looks for such processes only every ten minutes.
 */
export class DeadReaders {
  readonly #root: Root
  readonly #clock: Clock
  #lookedAt = Number.NEGATIVE_INFINITY

  constructor(root: Root, clock: Clock) {
    this.#root = root
    this.#clock = clock
  }

  /** Drops the reads of killed processes, unless it has checked a moment ago. */
  clear(): void {
    const now = this.#clock.now()
    // The distance, because the clock may have been set back.
    if (Math.abs(now - this.#lookedAt) < lookEveryMs) return
    this.#lookedAt = now
    this.#root.readerCheck()
  }
}
