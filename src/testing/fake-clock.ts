import type { Clock } from '../core/time/clock.ts'

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** How many callbacks are waiting. */
  readonly waiting: number
  /**
   * Lets time pass: runs every callback that becomes due, in the order of time, each at its own instant. Callbacks
   * that are added meanwhile run too if they become due within the span.
   */
  advance(spanMs: number): void
  /**
   * Sets the clock forward or back, like a correction of the machine's time. No callback runs, and waiting callbacks
   * wait for as long as before.
   */
  jump(spanMs: number): void
}

interface Timer {
  readonly dueMs: number
  readonly callback: () => void
}

/** Makes a clock for tests. It shows `startAt` until a test moves it. */
export function fakeClock(startAt: number = Date.UTC(2030, 0, 1)): FakeClock {
  return new SteppedClock(startAt)
}

class SteppedClock implements FakeClock {
  readonly #timers = new Set<Timer>()

  /** How much time has passed. Timers follow this, so that setting the clock does not move them. */
  #passedMs = 0
  /** The time shown minus the time passed. */
  #offsetMs: number

  constructor(startAt: number) {
    this.#offsetMs = startAt
  }

  get waiting(): number {
    return this.#timers.size
  }

  now(): number {
    return this.#offsetMs + this.#passedMs
  }

  after(spanMs: number, callback: () => void): () => void {
    // As in Node, no span is shorter than a millisecond, so that time passes even if a callback sets itself again.
    const timer: Timer = { dueMs: this.#passedMs + Math.max(1, spanMs), callback }
    this.#timers.add(timer)
    return () => {
      this.#timers.delete(timer)
    }
  }

  advance(spanMs: number): void {
    const endMs = this.#passedMs + spanMs
    for (let timer = this.#dueBy(endMs); timer !== undefined; timer = this.#dueBy(endMs)) {
      this.#timers.delete(timer)
      this.#passedMs = timer.dueMs
      timer.callback()
    }
    this.#passedMs = endMs
  }

  jump(spanMs: number): void {
    this.#offsetMs += spanMs
  }

  /** The timer that is due first. Of several at one instant, the one that was set first. */
  #dueBy(endMs: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) {
      if (timer.dueMs <= endMs && (first === undefined || timer.dueMs < first.dueMs)) first = timer
    }
    return first
  }
}
