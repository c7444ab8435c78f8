/** Numbers that look random and are the same for the same seed. */
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

  /** Fills bytes, as the random source of the machine does. */
  fill(bytes: Uint8Array): void {
    for (let index = 0; index < bytes.length; index += 1) bytes[index] = this.below(256)
  }

  /** One of several things, each as often as its weight says. */
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
