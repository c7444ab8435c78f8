/** One moment of a story: its position in the order of moments, and its time. */
export interface Moment {
  readonly order: number
  readonly at: number
}

/** The beginning and the end of an operation. */
export interface Span {
  readonly from: Moment
  readonly until: Moment
}

/** Numbers the moments of a story, because many have the same time. */
export class Timeline {
  readonly #now: () => number
  #order = 0

  constructor(now: () => number) {
    this.#now = now
  }

  next(): Moment {
    this.#order += 1
    return { order: this.#order, at: this.#now() }
  }
}
