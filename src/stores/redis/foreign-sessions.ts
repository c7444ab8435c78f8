import { sameCall } from '../../core/record/deadline.ts'
import type { ForeignSession } from '../../core/record/store.ts'
import type { Clock } from '../../core/time/clock.ts'
import type { Line } from './line.ts'
import type { Link } from './link.ts'
import { createScript, removeScript, takeOverScript } from './scripts.ts'

/** Where connect-redis keeps its sessions, and where ours are, which are never taken for its own. */
export interface Prefixes {
  readonly foreign: string
  readonly own: string
}

/** A record on its way to the server. */
export interface Arriving {
  readonly name: string
  /** The arguments of its creation. */
  readonly parameters: readonly string[]
}

/** The sessions that connect-redis keeps: each as JSON under its prefix and the id, until the key's own end. */
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

  /** The end of the key counts, and not the one in the text, which connect-redis leaves as it was at the last write. */
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

  /** Puts a record in the place of what was found. Answers false, and changes nothing, when something has changed. */
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

  /** On a cluster the two are on two servers. The record comes first, so that the visitor is signed in throughout. */
  async #takeOverApart(foreign: string, text: string, { name, parameters }: Arriving): Promise<boolean> {
    const goOn = sameCall()
    if ((await this.#line.run(createScript, name, parameters)) !== 1) return false
    if ((await goOn(() => this.#line.run(removeScript, foreign, [text]))) === 1) return true
    // The other software has written in between, or ended the session: what is there now is looked at anew.
    await goOn(() => this.#line.write(name, ['DEL', name]))
    return false
  }

  #nameOf(id: string): string {
    return `${this.#prefixes.foreign}${id}`
  }
}
