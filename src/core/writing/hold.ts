import { randomBytes, randomInt } from 'node:crypto'
import type { Engine } from '../engine/engine.ts'
import { attempt } from '../record/maybe-promise.ts'
import type { Lease, MaybePromise } from '../record/store.ts'
import { busyError, SojournError } from '../report/errors.ts'
import type { LiveSession } from '../session/live-session.ts'

/** How long a request waits for a session, and how long it may hold it. */
export interface HoldOptions {
  readonly waitMs: number
  readonly leaseMs: number
  /** How many requests of this process may wait for one session. */
  readonly queue: number
}

const tokenBytes = 12
const shortestPauseMs = 10
const longestPauseMs = 50

/** A hold on a session. If a request holds it for longer than its lease, its next write fails. */
interface Hold {
  readonly lease: Lease
  /** Gives the turn to the next request of this process. */
  readonly leave: () => void
  isReleased: boolean
}

/**
 * A request's hold on its session: a turn among the requests of its manager, and a lease among all processes with the
 * store. The end of the request releases both, whether or not the session still exists.
 */
export class Holding {
  readonly #engine: Engine
  readonly #catchUp: (live: LiveSession) => MaybePromise<void>
  readonly #left = new AbortController()
  #hold: Hold | undefined

  /** `catchUp` saves the session without changes: on a conflict, this loads the stored data. */
  constructor(engine: Engine, catchUp: (live: LiveSession) => MaybePromise<void>) {
    this.#engine = engine
    this.#catchUp = catchUp
  }

  /**
   * Waits until the session is free, holds it, and loads its newest data.
   *
   * @throws SojournError `LOCK_BUSY` if the queue is full, if the wait takes too long, or if the response has left.
   */
  async begin(live: LiveSession, options: HoldOptions): Promise<void> {
    if (this.#hold !== undefined) return
    const hold = await this.#acquire(this.#engine.handleOf(live.id), options)
    try {
      this.#hold = hold
      // A write and not a load: it gets the newest data too, and raises the version, so that an earlier holder conflicts.
      await this.#engine.limit.run(() => this.#catchUp(live))
      this.#left.signal.throwIfAborted()
    } catch (error) {
      this.#hold = undefined
      // Not awaited: the request has waited long enough.
      void this.#release(hold)
      throw this.#engine.reported(error)
    }
  }

  /** @throws SojournError `LOCK_LOST` if the lease has expired, because another request may hold the session by now. */
  demand(live: LiveSession): void {
    const hold = this.#of(live)
    if (hold?.isReleased || (hold && this.#engine.now() >= hold.lease.expiresAt)) throw lostError()
  }

  /** The same, and asks the store too. The writer calls it on a conflict. */
  async check(live: LiveSession): Promise<void> {
    this.demand(live)
    const lease = this.#of(live)?.lease
    if (lease === undefined) return
    const isOurs = await this.#engine.ask('check a lease', undefined, (_store, call) =>
      this.#engine.leases.holdsLease(lease, call),
    )
    if (!isOurs) throw lostError()
  }

  /** Stops waiting for the session, because the response is about to leave. */
  abandon(): void {
    this.#left.abort(leftError())
  }

  async release(): Promise<void> {
    if (this.#hold !== undefined) await this.#release(this.#hold)
  }

  /** The hold on a session; undefined for one that has replaced the held session, which no other request can know. */
  #of(live: LiveSession): Hold | undefined {
    return this.#hold?.lease.name === this.#engine.handleOf(live.id) ? this.#hold : undefined
  }

  async #acquire(name: string, options: HoldOptions): Promise<Hold> {
    const { clock, turns } = this.#engine
    const until = clock.now() + options.waitMs
    const turn = `holds of ${name}`
    await this.#enter(turn, options)
    const leave = once(() => turns.leave(turn))
    try {
      const lease = await this.#lease(name, options, until)
      // The turn ends with the lease, even if the request never ends.
      const cancel = clock.after(options.leaseMs, leave)
      const end = (): void => {
        cancel()
        leave()
      }
      return { lease, leave: end, isReleased: false }
    } catch (error) {
      leave()
      throw error
    }
  }

  async #enter(turn: string, { waitMs, queue }: HoldOptions): Promise<void> {
    const { clock, turns } = this.#engine
    if ((turns.waitingFor(turn) ?? -1) >= queue) throw busyError('too many requests wait for it already')
    const late = new AbortController()
    const entering = turns.enter(turn, AbortSignal.any([this.#left.signal, late.signal]))
    if (entering === undefined) return
    const cancel = clock.after(waitMs, () => late.abort(busyError('it was in use for too long')))
    await entering.finally(cancel)
  }

  /** Polls for the lease while another process has it. */
  async #lease(name: string, { leaseMs }: HoldOptions, until: number): Promise<Lease> {
    const { clock } = this.#engine
    const token = randomBytes(tokenBytes).toString('base64url')
    for (;;) {
      this.#left.signal.throwIfAborted()
      const lease = { name, token, expiresAt: clock.now() + leaseMs }
      if (await this.#take(lease)) return lease
      if (clock.now() >= until) throw busyError('another process has had it for too long')
      await new Promise<void>(resolve => {
        clock.after(randomInt(shortestPauseMs, longestPauseMs), resolve)
      })
    }
  }

  /** Acquires the lease. If the call fails, the store may have granted it all the same, so it is released. */
  #take(lease: Lease): MaybePromise<boolean> {
    return attempt(
      () =>
        this.#engine.ask('give a lease', undefined, (_store, call) =>
          this.#engine.leases.acquireLease(lease, call),
        ),
      error => {
        void this.#giveUp(lease)
        throw error
      },
    )
  }

  /** Releases the lease and the turn. If the store fails, the lease expires later. */
  async #release(hold: Hold): Promise<void> {
    if (hold.isReleased) return
    hold.isReleased = true
    await this.#giveUp(hold.lease)
    hold.leave()
  }

  #giveUp(lease: Lease): MaybePromise<void> {
    return this.#engine.tidy(manager =>
      manager.ask('end a lease', undefined, (_store, call) => this.#engine.leases.releaseLease(lease, call)),
    )
  }
}

function once(act: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    act()
  }
}

/** The error of a hold after the response has left. */
export function leftError(): SojournError {
  return busyError('the response has left meanwhile')
}

function lostError(): SojournError {
  return new SojournError(
    'LOCK_LOST',
    'Expected to store the session within the lease of `exclusive`, but the lease has expired. Give `lease` a longer span.',
  )
}
