/** One moment of a story: the how-manieth it is, and what the clock shows. */
export interface Moment {
  readonly order: number
  readonly at: number
}

/** From when to when something was done. */
export interface Span {
  readonly from: Moment
  readonly until: Moment
}

/** Gives each moment of a story its place, because many have the same time. */
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
