import { sameCall } from '../../core/record/deadline.ts'
import type { ForeignSession } from '../../core/record/store.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { Line } from './line.ts'
import type { Link } from './link.ts'
import { createScript, removeScript, takeOverScript } from './scripts.ts'

/** The prefixes of connect-redis's keys and of our own. A key with ours is never a foreign session. */
export interface Prefixes {
  readonly foreign: string
  readonly own: string
}

/** A record on its way to the server. */
export interface Arriving {
  readonly name: string
  /** The arguments of `createScript`. */
  readonly parameters: readonly string[]
}

/** The sessions of connect-redis. Each is JSON under its prefix and the id, and expires with its key. */
export class ForeignSessions {
  readonly #line: Line
  readonly #link: Link
  readonly #clock: Clock
  readonly #prefixes: Prefixes

  constructor(way: { readonly line: Line; readonly link: Link }, clock: Clock, prefixes: Prefixes) {
    this.#line = way.line
    this.#link = way.link
    this.#clock = clock
    this.#prefixes = prefixes
  }

  /** The expiry of the key counts, not the one in the text, which connect-redis updates only when it writes data. */
  async find(id: string): Promise<ForeignSession | undefined> {
    const name = this.#nameOf(id)
    if (name.startsWith(this.#prefixes.own)) return undefined
    const [text, rest] = await Promise.all([
      this.#line.ask(name, ['GET', name]),
      this.#line.ask(name, ['PTTL', name]),
    ])
    if (text === null || text === undefined) return undefined
    const restMs = Number(rest)
    return { text: String(text), expiresAt: restMs < 0 ? undefined : this.#clock.now() + restMs }
  }

  /** Replaces a foreign session by a record. Answers false, and changes nothing, when it conflicts with another write. */
  async takeOver(id: string, { text }: ForeignSession, arriving: Arriving): Promise<boolean> {
    const foreign = this.#nameOf(id)
    if (!this.#link.hasOneServer) return await this.#takeOverApart(foreign, text, arriving)
    const { name, parameters } = arriving
    return (await this.#line.runOn(takeOverScript, [name, foreign], [...parameters, text])) === 1
  }

  async forget(id: string): Promise<void> {
    const name = this.#nameOf(id)
    if (!name.startsWith(this.#prefixes.own)) await this.#line.write(name, ['DEL', name])
  }

  /** On a cluster the two keys are on two servers. The record is written first, so that the visitor stays signed in. */
  async #takeOverApart(foreign: string, text: string, { name, parameters }: Arriving): Promise<boolean> {
    const goOn = sameCall()
    if ((await this.#line.run(createScript, name, parameters)) !== 1) return false
    if ((await goOn(() => this.#line.run(removeScript, foreign, [text]))) === 1) return true
    // The other software wrote the session in between, or ended it. The caller reads it again.
    await goOn(() => this.#line.write(name, ['DEL', name]))
    return false
  }

  #nameOf(id: string): string {
    return `${this.#prefixes.foreign}${id}`
  }
}
