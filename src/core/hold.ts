import { randomInt } from 'node:crypto'
import type { Clock } from './clock.ts'
import type { StoreVerb } from './deadline.ts'
import { SojournError } from './errors.ts'
import { anonymous } from './standing.ts'
import type { MaybePromise, SessionRecord, Store } from './store.ts'

/** How long to wait for a session, and for how long to have it. */
export interface HoldOptions {
  readonly waitMs: number
  readonly leaseMs: number
  /** How many requests of this process may wait for one session. */
  readonly queue: number
}

/** What is needed of the engine to hold sessions. */
export interface HoldContext {
  readonly clock: Clock
  /** Whether the store has no place for leases, so that a hold counts in this process only. */
  readonly keepsSessions: boolean
  ask<Answer>(
    verb: StoreVerb,
    id: undefined,
    call: (store: Store<unknown>) => MaybePromise<Answer>,
  ): MaybePromise<Answer>
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
 * One request's hold on a session: a lease, which ends by itself. Whoever has it for longer finds that out
 * before the next write, and loses that.
 */
export class Hold {
  readonly #context: HoldContext
  readonly #lease: SessionRecord<unknown>
  readonly #leave: () => void
  #isReleased = false

  constructor(context: HoldContext, lease: SessionRecord<unknown>, leave: () => void) {
    this.#context = context
    this.#lease = lease
    this.#leave = leave
  }

  /** Whether this is a hold on the session whose leases have a name. What came after that session is not held. */
  isOf(name: string): boolean {
    return this.#lease.key === name
  }

  /** @throws SojournError `LOCK_LOST` when the lease is over, so that the session may be somebody else's. */
  demand(): void {
    if (this.#isReleased || this.#context.clock.now() >= this.#lease.expiresAt) throw lostError()
  }

  /** The same, asking the store too: called when somebody else has written. */
  async check(): Promise<void> {
    this.demand()
    if (this.#context.keepsSessions) return
    const { key, version } = this.#lease
    const found = await this.#context.ask('load', undefined, store => store.load(key))
    if (found?.version !== version) throw lostError()
  }

  /** Lets the next one have the session. A store that fails lets the lease end by itself. */
  async release(): Promise<void> {
    if (this.#isReleased) return
    this.#isReleased = true
    try {
      if (!this.#context.keepsSessions) await this.#end()
    } catch {
      // The failure has been told as an event, and the response is not to be lost for it.
    } finally {
      this.#leave()
    }
  }

  /** Only this lease: after it has ended, somebody else's may be there under the same key. */
  async #end(): Promise<void> {
    const lease = this.#lease
    const over = { ...lease, version: lease.version + 1, expiresAt: 0 }
    await this.#context.ask('replace', undefined, store => store.replace(over, lease.version))
  }
}

/** How a session is waited for, and what tells that the request needs it no more. */
interface HoldRequest extends HoldOptions {
  readonly signal: AbortSignal
}

/** Whoever waits in this process for one session, in the order in which they came. */
interface Queue {
  readonly waiting: (() => void)[]
}

/** Lets one request at a time have a session, in this process by a queue and across processes by leases. */
export class Holds {
  readonly #context: HoldContext
  readonly #queues = new Map<string, Queue>()

  constructor(context: HoldContext) {
    this.#context = context
  }

  /**
   * Waits until a session can be had, by the name that its leases have.
   *
   * @throws SojournError `LOCK_BUSY` when too many wait already, when it takes too long, or when nobody waits any more.
   */
  async acquire(name: string, request: HoldRequest): Promise<Hold> {
    const until = this.#context.clock.now() + request.waitMs
    await this.#enter(name, request)
    const leave = once(() => this.#leave(name))
    try {
      const lease = await this.#lease(name, request, until)
      // A holder that never lets go must not keep this process waiting for longer than the store.
      const cancel = this.#context.clock.after(request.leaseMs, leave)
      return new Hold(this.#context, lease, () => {
        cancel()
        leave()
      })
    } catch (error) {
      leave()
      throw error
    }
  }

  #enter(name: string, { waitMs, queue, signal }: HoldRequest): Promise<void> | undefined {
    const found = this.#queues.get(name)
    if (found === undefined) {
      this.#queues.set(name, { waiting: [] })
      return undefined
    }
    if (found.waiting.length >= queue) throw busyError('too many requests wait for it already')
    return new Promise((resolve, reject) => {
      const enter = (): void => stop(resolve)
      const giveUp = (error: SojournError): void => {
        found.waiting.splice(found.waiting.indexOf(enter), 1)
        stop(() => reject(error))
      }
      const abort = (): void => giveUp(leftError())
      const cancel = this.#context.clock.after(waitMs, () => giveUp(busyError('it was in use for too long')))
      const stop = (settle: () => void): void => {
        cancel()
        signal.removeEventListener('abort', abort)
        settle()
      }
      signal.addEventListener('abort', abort)
      found.waiting.push(enter)
    })
  }

  #leave(name: string): void {
    const next = this.#queues.get(name)?.waiting.shift()
    if (next === undefined) this.#queues.delete(name)
    else next()
  }

  /** Asks for the lease again and again, because another process may have it. */
  async #lease(
    name: string,
    { leaseMs, signal }: HoldRequest,
    until: number,
  ): Promise<SessionRecord<unknown>> {
    for (;;) {
      if (signal.aborted) throw leftError()
      const lease = leaseOf(name, this.#context.clock.now(), leaseMs)
      const isOurs = this.#context.keepsSessions || (await this.#create(lease))
      if (isOurs) return lease
      if (this.#context.clock.now() >= until) throw busyError('another process has had it for too long')
      await this.#pause()
    }
  }

  #create(lease: SessionRecord<unknown>): MaybePromise<boolean> {
    return this.#context.ask('create', undefined, store => store.create(lease))
  }

  #pause(): Promise<void> {
    return new Promise(resolve => {
      this.#context.clock.after(randomInt(shortestPauseMs, longestPauseMs), resolve)
    })
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

function busyError(got: string): SojournError {
  return new SojournError('LOCK_BUSY', `Expected to have the session alone, but ${got}. Try again later.`)
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
