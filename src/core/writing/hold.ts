import { randomInt } from 'node:crypto'
import type { Engine } from '../engine/engine.ts'
import { attempt } from '../record/maybe-promise.ts'
import { anonymous } from '../record/standing.ts'
import type { MaybePromise, SessionRecord } from '../record/store.ts'
import { busyError, SojournError } from '../report/errors.ts'
import type { LiveSession } from '../session/live-session.ts'

/** How long to wait for a session, and for how long to have it. */
export interface HoldOptions {
  readonly waitMs: number
  readonly leaseMs: number
  /** How many requests of this process may wait for one session. */
  readonly queue: number
}

/** What a lease's record holds. No codec writes it, so that it is never taken for a session. */
const leaseData = 'lease'
const largestToken = 2 ** 47
const shortestPauseMs = 10
const longestPauseMs = 50

/** Whether a record is no session, but somebody's hold on one. */
export function isLease({ data }: SessionRecord<unknown>): boolean {
  return data === leaseData
}

/**
 * A hold on a session: a lease, which ends by itself. Whoever has it for longer finds that out before the next
 * write, and loses that.
 */
interface Hold {
  readonly lease: SessionRecord<unknown>
  /** Lets the next request of this process have the session. */
  readonly leave: () => void
  isReleased: boolean
}

/**
 * One request's hold on its session, in this process by a turn and across processes by a lease. It is let go by the end
 * of the request, whatever became of the session.
 */
export class Holding {
  readonly #engine: Engine
  readonly #catchUp: (live: LiveSession) => MaybePromise<void>
  readonly #left = new AbortController()
  #hold: Hold | undefined

  /** A write that changes nothing catches up with what is stored. */
  constructor(engine: Engine, catchUp: (live: LiveSession) => MaybePromise<void>) {
    this.#engine = engine
    this.#catchUp = catchUp
  }

  /**
   * Waits until the session can be held, and brings it to what is stored by then.
   *
   * @throws SojournError `LOCK_BUSY` when too many wait already, when it takes too long, or when the response has left.
   */
  async begin(live: LiveSession, options: HoldOptions): Promise<void> {
    if (this.#hold !== undefined) return
    const hold = await this.#acquire(this.#engine.leaseNameOf(live.id), options)
    try {
      this.#hold = hold
      // The write that changes nothing brings the newest data, and no earlier holder can write past it.
      await this.#engine.limit.run(() => this.#catchUp(live))
      this.#left.signal.throwIfAborted()
    } catch (error) {
      this.#hold = undefined
      // Whoever is told has waited for long enough.
      void this.#release(hold)
      throw this.#engine.reported(error)
    }
  }

  /** @throws SojournError `LOCK_LOST` when the lease is over, so that the session may be somebody else's. */
  demand(live: LiveSession): void {
    const hold = this.#of(live)
    if (hold?.isReleased || (hold && this.#engine.now() >= hold.lease.expiresAt)) throw lostError()
  }

  /** The same, asking the store too: called when somebody else has written. */
  async check(live: LiveSession): Promise<void> {
    this.demand(live)
    const hold = this.#of(live)
    if (hold === undefined || this.#engine.keepsSessions) return
    const { key, version } = hold.lease
    const found = await this.#engine.ask('load', undefined, store => store.load(key))
    if (found?.version !== version) throw lostError()
  }

  /** The response is about to leave: whatever waits for the session now waits no longer. */
  abandon(): void {
    this.#left.abort(leftError())
  }

  async release(): Promise<void> {
    if (this.#hold !== undefined) await this.#release(this.#hold)
  }

  /** The hold on a session. One that has taken the place of the held session is nobody else's, and needs none. */
  #of(live: LiveSession): Hold | undefined {
    return this.#hold?.lease.key === this.#engine.leaseNameOf(live.id) ? this.#hold : undefined
  }

  async #acquire(name: string, options: HoldOptions): Promise<Hold> {
    const { clock, turns } = this.#engine
    const until = clock.now() + options.waitMs
    await this.#enter(name, options)
    const leave = once(() => turns.leave(name))
    try {
      const lease = await this.#lease(name, options, until)
      // A holder that never lets go must not keep this process waiting for longer than the store.
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

  async #enter(name: string, { waitMs, queue }: HoldOptions): Promise<void> {
    const { clock, turns } = this.#engine
    if ((turns.waitingFor(name) ?? -1) >= queue) throw busyError('too many requests wait for it already')
    const late = new AbortController()
    const turn = turns.enter(name, AbortSignal.any([this.#left.signal, late.signal]))
    if (turn === undefined) return
    const cancel = clock.after(waitMs, () => late.abort(busyError('it was in use for too long')))
    await turn.finally(cancel)
  }

  /** Asks for the lease again and again, because another process may have it. */
  async #lease(name: string, { leaseMs }: HoldOptions, until: number): Promise<SessionRecord<unknown>> {
    const { clock, keepsSessions } = this.#engine
    for (;;) {
      this.#left.signal.throwIfAborted()
      const lease = leaseOf(name, clock.now(), leaseMs)
      // A store that keeps sessions has no place for leases, so that the hold counts in this process only.
      if (keepsSessions || (await this.#create(lease))) return lease
      if (clock.now() >= until) throw busyError('another process has had it for too long')
      await new Promise<void>(resolve => {
        clock.after(randomInt(shortestPauseMs, longestPauseMs), resolve)
      })
    }
  }

  /** If the answer is lost the lease may be there, and is ended. Nobody waits for that. */
  #create(lease: SessionRecord<unknown>): MaybePromise<boolean> {
    return attempt(
      () => this.#engine.ask('create', undefined, store => store.create(lease)),
      error => {
        void this.#end(lease)
        throw error
      },
    )
  }

  /** Lets the next one have the session. If the store fails the lease ends by itself. */
  async #release(hold: Hold): Promise<void> {
    if (hold.isReleased) return
    hold.isReleased = true
    await this.#end(hold.lease)
    hold.leave()
  }

  /** Ends only this lease: once it is over, somebody else's may be there under the same key. */
  #end(lease: SessionRecord<unknown>): MaybePromise<void> {
    if (this.#engine.keepsSessions) return
    const over = { ...lease, version: lease.version + 1, expiresAt: 0 }
    return this.#engine.tidy(manager =>
      manager.ask('replace', undefined, store => store.replace(over, lease.version)),
    )
  }
}

/** A number of its own for each lease, so that nobody ends another one. */
function leaseOf(key: string, now: number, leaseMs: number): SessionRecord<unknown> {
  const times = { createdAt: now, touchedAt: now, expiresAt: now + leaseMs }
  return { ...anonymous, ...times, key, version: randomInt(1, largestToken), data: leaseData }
}

function once(act: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    act()
  }
}

/** What is wrong with a hold that comes when its response has left. */
export function leftError(): SojournError {
  return busyError('the response has left meanwhile')
}

function lostError(): SojournError {
  return new SojournError(
    'LOCK_LOST',
    'Expected to store the session while it is held, but its lease is over. Give `lease` a longer span.',
  )
}
