import type { ForeignSession, StoreCall } from '../../core/record/store.ts'
import type { Line } from './line.ts'
import { createScript, removeScript, takeOverScript } from './scripts.ts'
import type { Place } from './subjects.ts'

/** The prefixes of connect-redis's keys and of our own. A key with ours is never a foreign session. */
export interface Prefixes {
  readonly foreign: string
  readonly own: string
}

/** The replacement of a foreign session by a record. */
export interface Arrival {
  /** The text that was found. */
  readonly text: string
  /** The name of the record, and the arguments of `createScript`. */
  readonly name: string
  readonly parameters: readonly string[]
}

type Call = StoreCall | undefined

/** The sessions of connect-redis. Each is JSON under its prefix and the id, and expires with its key. */
export class ForeignSessions {
  readonly #line: Line
  readonly #place: Place
  readonly #prefixes: Prefixes

  constructor(place: Place, prefixes: Prefixes) {
    this.#line = place.line
    this.#place = place
    this.#prefixes = prefixes
  }

  /** The expiry of the key counts, not the one in the text, which connect-redis updates only when it writes data. */
  async find(id: string, call: Call): Promise<ForeignSession | undefined> {
    const name = this.#nameOf(id)
    if (name.startsWith(this.#prefixes.own)) return undefined
    const [text, rest] = await Promise.all([
      this.#line.get(name, call),
      this.#line.ask({ key: name, words: ['PTTL', name], call }),
    ])
    if (text === undefined) return undefined
    const restMs = Number(rest)
    return { text, expiresAt: restMs < 0 ? undefined : this.#place.clock.now() + restMs }
  }

  /** Replaces a foreign session by a record. Answers false, and changes nothing, when it conflicts with another write. */
  async takeOver(id: string, arrival: Arrival, call: Call): Promise<boolean> {
    const foreign = this.#nameOf(id)
    const { name, text, parameters } = arrival
    return await this.#line.together(
      async () => {
        const task = { keys: [name, foreign], parameters: [...parameters, text], call } as const
        return (await this.#line.run(takeOverScript, task)) === 1
      },
      () => this.#takeOverApart(foreign, arrival, call),
    )
  }

  async forget(id: string, call: Call): Promise<void> {
    const name = this.#nameOf(id)
    if (!name.startsWith(this.#prefixes.own))
      await this.#line.write({ key: name, words: ['DEL', name], call })
  }

  /** On a cluster the two keys are on two servers. The record is written first, so that the visitor stays signed in. */
  async #takeOverApart(foreign: string, arrival: Arrival, call: Call): Promise<boolean> {
    const { name, text, parameters } = arrival
    if ((await this.#line.run(createScript, { keys: [name], parameters, call })) !== 1) return false
    if ((await this.#line.run(removeScript, { keys: [foreign], parameters: [text], call })) === 1) return true
    // The other software wrote the session in between, or ended it. The caller reads it again.
    await this.#line.write({ key: name, words: ['DEL', name], call })
    return false
  }

  #nameOf(id: string): string {
    return `${this.#prefixes.foreign}${id}`
  }
}
