import type { Engine } from './engine.ts'
import { type Hold, type HoldOptions, leftError } from './hold.ts'
import type { LiveSession } from './live-session.ts'
import type { MaybePromise } from './store.ts'
import type { Writer } from './writer.ts'

/** One request's hold on its session. It is let go by the end of the request, whatever became of the session. */
export class Holding {
  readonly #engine: Engine
  readonly #writer: Writer
  readonly #left = new AbortController()
  #hold: Hold | undefined

  constructor(engine: Engine, writer: Writer) {
    this.#engine = engine
    this.#writer = writer
  }

  /** Waits until the session can be held, and brings it to what is stored by then. */
  async begin(live: LiveSession, options: HoldOptions): Promise<void> {
    if (this.#hold !== undefined) return
    const { holds, limit } = this.#engine
    const { signal } = this.#left
    const hold = await holds.acquire(this.#engine.leaseNameOf(live.id), { ...options, signal })
    try {
      this.#hold = hold
      // The write that changes nothing brings the newest data, and no earlier holder can write past it.
      await limit.run(() => this.#writer.save(live, live.encode()))
      if (signal.aborted) throw leftError()
    } catch (error) {
      this.#hold = undefined
      await hold.release()
      throw this.#engine.reported(error)
    }
  }

  /** The hold on a session. One that has taken the place of the held session is nobody else's, and needs none. */
  of(live: LiveSession): Hold | undefined {
    return this.#hold?.isOf(this.#engine.leaseNameOf(live.id)) === true ? this.#hold : undefined
  }

  async release(): Promise<void> {
    await this.#hold?.release()
  }

  /** Lets the session go after the last work of the request. Whatever waits for it now waits no longer. */
  async endAfter(work: MaybePromise<void>): Promise<void> {
    this.#left.abort()
    try {
      await work
    } finally {
      await this.release()
    }
  }
}
