import { sameCall } from '../../core/record/deadline.ts'
import { isError } from '../../core/report/errors.ts'
import { systemClock } from '../../core/time/clock.ts'
import type { Link } from './link.ts'

type Words = readonly string[]

/** How long a write waits for its replicas. */
const patienceMs = 500
/** The same while they are known to be missing. The server knows no shorter time. */
const shortestMs = 1
/**
 * How often one of them waits as long as ever all the same. A busy server counts so short a time that no replica on
 * another machine has answered within it, and writes would be refused long after the replicas are back.
 */
const trialEveryMs = 5000
/** How many writes wait at once: a connection carries out nothing else meanwhile, not even a read. */
const mostAtOnce = 2
/** How long a write waits for others to have waited. Then its request has failed, so that it does not leave. */
const longestTurnMs = 2000
/** After so long a place is free again, because a driver may wait for ever. */
const longestPlaceMs = 2000

/** Lets writes be answered only when so many replicas have them, so that a failover does not undo them. */
export class Replicas {
  readonly #link: Link
  readonly #wanted: number
  /** In a cluster each primary has replicas of its own: where some are missing, only the writes there have to wait. */
  readonly #servers = new Map<string, Waiting>()

  /** With none wanted it only hands on. */
  constructor(link: Link, wanted: number) {
    this.#link = link
    this.#wanted = wanted
  }

  /** Rejects when too few have it in time, which does not take the write back. */
  async write(key: string, words: Words): Promise<unknown> {
    if (this.#wanted === 0) return await this.#link.send(key, words)
    return await this.#waitingAt(this.#link.serverOf(key)).write(key, words)
  }

  #waitingAt(server: string): Waiting {
    const waiting = this.#servers.get(server) ?? new Waiting(this.#link, this.#wanted)
    this.#servers.set(server, waiting)
    return waiting
  }
}

/** The writes to one server, which wait for its replicas. */
class Waiting {
  readonly #link: Link
  readonly #wanted: number
  /** Whether the last write has reached too few. */
  #isShort = false
  /** When a write will wait as long as ever although they are missing. */
  #trialAt = 0
  #underWay = 0
  readonly #turns: (() => void)[] = []

  constructor(link: Link, wanted: number) {
    this.#link = link
    this.#wanted = wanted
  }

  async write(key: string, words: Words): Promise<unknown> {
    const goOn = sameCall()
    if (this.#hasPlace() && this.#turns.length === 0) this.#underWay += 1
    else await this.#turn()
    const leave = this.#leaveOnce()
    const cancel = systemClock.after(longestPlaceMs, leave)
    try {
      return await goOn(() => this.#writeAndWait(key, words))
    } finally {
      cancel()
      leave()
    }
  }

  async #writeAndWait(key: string, words: Words): Promise<unknown> {
    const waiting = ['WAIT', String(this.#wanted), String(this.#patience())]
    const [answer, reached] = await this.#sendBoth(key, words, waiting)
    this.#isShort = Number(reached) < this.#wanted
    if (this.#isShort) throw new Error(`Reached ${reached} of ${this.#wanted} replicas`)
    return answer
  }

  #patience(): number {
    const now = systemClock.now()
    if (this.#isShort && now < this.#trialAt) return shortestMs
    this.#trialAt = now + trialEveryMs
    return patienceMs
  }

  /** A server of a cluster that no longer has the key says so, and the drivers listen to it for single commands only. */
  async #sendBoth(key: string, ...both: readonly [Words, Words]): Promise<readonly unknown[]> {
    const goOn = sameCall()
    try {
      return await this.#link.sendBoth(key, ...both)
    } catch (error) {
      const [redirection] = isError(error) ? error.message.split(' ', 1) : []
      if (redirection === 'ASK') return await goOn(() => this.#sendApart(key, ...both))
      if (redirection !== 'MOVED') throw error
      await goOn(() => this.#link.send(key, ['EXISTS', key]))
      return await goOn(() => this.#link.sendBoth(key, ...both))
    }
  }

  /** While a slot moves, the client alone knows which server has carried out the write. So each one is asked. */
  async #sendApart(key: string, write: Words, waiting: Words): Promise<readonly unknown[]> {
    const answer = await this.#link.send(key, write)
    const primaries = await this.#link.primaries()
    const reached = await Promise.all(primaries.map(send => send(waiting)))
    return [answer, Math.min(...reached.map(Number))]
  }

  /** While replicas are missing each write waits in vain, so that one alone does. */
  #hasPlace(): boolean {
    return this.#underWay < (this.#isShort ? 1 : mostAtOnce)
  }

  /** Resolves, with a place taken, when those before it have had theirs. */
  async #turn(): Promise<void> {
    const until = systemClock.now() + longestTurnMs
    await new Promise<void>(resolve => this.#turns.push(resolve))
    const isLate = systemClock.now() >= until
    if (!isLate && this.#link.isReady()) return
    this.#leave()
    if (isLate) throw new Error(`Reached no place among the writes within ${longestTurnMs} ms: timeout`)
    // A driver would keep the write until the server is back, when nobody waits for it any more.
    throw new Error('Connection is closed since the write has waited for its turn')
  }

  #leaveOnce(): () => void {
    let hasLeft = false
    return () => {
      if (!hasLeft) this.#leave()
      hasLeft = true
    }
  }

  #leave(): void {
    this.#underWay -= 1
    while (this.#hasPlace()) {
      const next = this.#turns.shift()
      if (next === undefined) return
      this.#underWay += 1
      next()
    }
  }
}
