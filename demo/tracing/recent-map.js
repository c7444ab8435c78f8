const most = 1000

/**
 * A map that forgets who was set longest ago, so that no crowd of visitors fills the memory.
 *
 * @template Value
 */
export class RecentMap {
  /** @type {Map<string, Value>} */
  #values = new Map()

  /** @param {string} key */
  get(key) {
    return this.#values.get(key)
  }

  /**
   * @param {string} key
   * @param {Value} value
   */
  set(key, value) {
    this.#values.delete(key)
    this.#values.set(key, value)
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= most) break
      this.#values.delete(oldest)
    }
  }
}
