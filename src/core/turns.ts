/**
 * Lets work under one name be done by one at a time, in the order in which it came. It holds no more names
 * than there is work under way.
 */
export class Turns {
  readonly #last = new Map<string, Promise<void>>()

  async take<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(name)
    const working = before === undefined ? work() : before.then(work)
    const settled = working.then(ignore, ignore)
    this.#last.set(name, settled)
    try {
      return await working
    } finally {
      if (this.#last.get(name) === settled) this.#last.delete(name)
    }
  }
}

function ignore(): void {}
