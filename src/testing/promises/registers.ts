import type { Moment, Span } from './timeline.ts'

/** One write to one name of one session. */
export interface Write {
  /** Undefined for a removal of the name. */
  readonly value: string | undefined
  readonly from: Moment
  /** When it was done, or could no longer take effect; undefined while it is under way. */
  until: Moment | undefined
  /** Whether Sojourn has confirmed to its request that it is stored. */
  isSure: boolean
}

/**
 * The values that one name of one session may have: the value of the last write, and of each write that may have come
 * after it.
 */
export class Register {
  #writes: Write[] = []

  begin(from: Moment, value: string | undefined): Write {
    const write: Write = { value, from, until: undefined, isSure: false }
    this.#writes.push(write)
    return write
  }

  /** Removes a write that was certainly not made. */
  retract(write: Write): void {
    this.#writes = this.#writes.filter(each => each !== write)
  }

  mayHold(value: string | undefined, reading: Span): boolean {
    if (value === undefined && !this.#writes.some(write => isBefore(write, reading.from))) return true
    return this.#writes.some(write => write.value === value && this.#mayBeSeen(write, reading))
  }

  #mayBeSeen(write: Write, { from, until }: Span): boolean {
    if (write.from.order > until.order) return false
    const { until: done } = write
    if (done === undefined) return true
    return !this.#writes.some(later => later.from.order > done.order && isBefore(later, from))
  }
}

/** Whether a write was certainly done before a moment, so that it has overwritten any earlier value. */
function isBefore({ until, isSure }: Write, moment: Moment): boolean {
  return isSure && until !== undefined && until.order < moment.order
}

/** The values that a counter may have. */
export class Tally {
  readonly #counts = new Set<Write>()
  readonly #answers = new Map<number, Moment>()

  begin(from: Moment): Write {
    const count: Write = { value: undefined, from, until: undefined, isSure: false }
    this.#counts.add(count)
    return count
  }

  retract(count: Write): void {
    this.#counts.delete(count)
  }

  /** Notes the result of an `update`. Answers false when another `update` had the same result. */
  isFresh(answer: number, now: Moment): boolean {
    if (this.#answers.has(answer)) return false
    this.#answers.set(answer, now)
    return true
  }

  /** The least and the most that a request may read. */
  bounds({ from, until }: Span): { readonly least: number; readonly most: number } {
    const counts = [...this.#counts]
    const answered = [...this.#answers].filter(([, { order }]) => order < from.order)
    return {
      least: Math.max(
        counts.filter(count => isBefore(count, from)).length,
        ...answered.map(([answer]) => answer),
      ),
      most: counts.filter(count => count.from.order <= until.order).length,
    }
  }
}
