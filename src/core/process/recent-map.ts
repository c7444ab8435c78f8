/**
 * A map of the most recently used entries, in bounded memory: it keeps between `size` and twice as many.
 *
 * It has two generations instead of a linked list. A read moves an entry into the young generation. When that is full,
 * it becomes the old one, and the previous old one is dropped as a whole.
 */
export class RecentMap<Value> {
  readonly #size: number
  #young = new Map<string, Value>()
  #old = new Map<string, Value>()

  constructor(size: number) {
    this.#size = size
  }

  get(name: string): Value | undefined {
    const young = this.#young.get(name)
    if (young !== undefined) return young
    const old = this.#old.get(name)
    if (old !== undefined) this.set(name, old)
    return old
  }

  set(name: string, value: Value): void {
    if (this.#young.size >= this.#size) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(name, value)
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
  }
}
