/** A pseudorandom generator: the same seed gives the same numbers. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** A whole number from 0 to less than `bound`. */
  below(bound: number): number {
    this.#state = (this.#state + 0x9e3779b9) | 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) % bound
  }

  /** Fills bytes, in place of the machine's random source. */
  fill(bytes: Uint8Array): void {
    for (let index = 0; index < bytes.length; index += 1) bytes[index] = this.below(256)
  }

  /** Picks one of several things by their weights. */
  pick<Thing>(weighted: readonly (readonly [Thing, number])[]): Thing {
    const total = weighted.reduce((sum, [, weight]) => sum + weight, 0)
    let rest = this.below(total)
    for (const [thing, weight] of weighted) {
      if (rest < weight) return thing
      rest -= weight
    }
    throw new RangeError('Expected at least one thing to pick from.')
  }
}
