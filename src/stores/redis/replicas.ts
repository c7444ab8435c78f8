import { isError } from '../../core/report/errors.ts'
import { systemClock } from '../../core/time/clock.ts'
import { unlessOver } from '../unless-over.ts'
import type { Command, Link, Words } from './link.ts'

/** How long a write waits for its replicas. */
const patienceMs = 500
/** How long a write waits while replicas are missing. It is the shortest time that the server knows. */
const shortestMs = 1
/**
 * How often a write waits the full time although replicas are missing. Within `shortestMs` no replica on another machine
 * can answer a busy server, so without these trials writes would still fail long after the replicas are back.
 */
const trialEveryMs = 5000
/** How many writes wait for replicas at once: their connection runs nothing else meanwhile, not even a read. */
const mostAtOnce = 2
/** How long a write waits for its turn. Later it is not sent, because its request has failed by then. */
const longestTurnMs = 2000
/** After this long a write gives up its place, because a driver may wait for ever. */
const longestPlaceMs = 2000

/** Answers a write only when enough replicas have it, so that a failover does not undo it. */
export class Replicas {
  readonly #link: Link
  readonly #wanted: number
  /** By server: in a cluster each primary has its own replicas, and missing ones delay only the writes to that primary. */
  readonly #servers = new Map<string, Waiting>()

  /** With `wanted` 0, writes do not wait. */
  constructor(link: Link, wanted: number) {
    this.#link = link
    this.#wanted = wanted
  }

  /** Rejects when too few replicas have the write in time. The write itself stays. */
  async write(command: Command): Promise<unknown> {
    if (this.#wanted === 0) return await this.#link.send(command)
    return await this.#waitingAt(this.#link.serverOf(command.key)).write(command)
  }

  #waitingAt(server: string): Waiting {
    const waiting = this.#servers.get(server) ?? new Waiting(this.#link, this.#wanted)
    this.#servers.set(server, waiting)
    return waiting
  }
}

/** The writes to one server that wait for its replicas. */
class Waiting {
  readonly #link: Link
  readonly #wanted: number
  /** Whether the last write reached too few replicas. */
  #isShort = false
  /** When the next write waits the full time although replicas are missing. */
  #trialAt = 0
  #underWay = 0
  readonly #turns = new Set<() => void>()

  constructor(link: Link, wanted: number) {
    this.#link = link
    this.#wanted = wanted
  }

  async write(command: Command): Promise<unknown> {
    if (this.#hasPlace() && this.#turns.size === 0) this.#underWay += 1
    else await this.#turn(command.call)
    const leave = this.#leaveOnce()
    const cancel = systemClock.after(longestPlaceMs, leave)
    try {
      return await this.#writeAndWait(command)
    } finally {
      cancel()
      leave()
    }
  }

  async #writeAndWait(command: Command): Promise<unknown> {
    const waiting = ['WAIT', String(this.#wanted), String(this.#patience())]
    const [answer, reached] = await this.#sendBoth(command, waiting)
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

  /** When a key has moved, a server of a cluster answers with a redirection, which drivers follow for single commands only. */
  async #sendBoth(command: Command, waiting: Words): Promise<readonly unknown[]> {
    try {
      return await this.#link.sendBoth(command, waiting)
    } catch (error) {
      const [redirection] = isError(error) ? error.message.split(' ', 1) : []
      if (redirection !== 'ASK' && redirection !== 'MOVED') throw error
      command.call?.throwIfOver()
      if (redirection === 'ASK') return await this.#sendApart(command, waiting)
      await this.#link.send({ ...command, words: ['EXISTS', command.key] })
      command.call?.throwIfOver()
      return await this.#link.sendBoth(command, waiting)
    }
  }

  /** While a slot moves, only the client knows which server ran the write, so this waits on every primary. */
  async #sendApart(command: Command, waiting: Words): Promise<readonly unknown[]> {
    const answer = await this.#link.send(command)
    const primaries = await this.#link.primaries()
    const reached = await Promise.all(primaries.map(send => send(waiting)))
    return [answer, Math.min(...reached.map(Number))]
  }

  /** While replicas are missing, every write waits in vain, so only one at a time may. */
  #hasPlace(): boolean {
    return this.#underWay < (this.#isShort ? 1 : mostAtOnce)
  }

  /** Queues for a place. Resolves once the place is taken. */
  async #turn(call: Command['call']): Promise<void> {
    const until = systemClock.now() + longestTurnMs
    let take = (): void => undefined
    const taken = new Promise<void>(resolve => {
      take = resolve
    })
    this.#turns.add(take)
    try {
      await unlessOver(call, taken)
      call?.throwIfOver()
      if (systemClock.now() >= until) throw new Error(`No turn to write within ${longestTurnMs} ms: timeout`)
      // A driver would keep the write until the server is back, when its caller has given up.
      if (!this.#link.isReady())
        throw new Error('Connection is closed: it was lost while the write waited for its turn')
    } catch (error) {
      if (!this.#turns.delete(take)) this.#leave()
      throw error
    }
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
    for (const take of this.#turns) {
      if (!this.#hasPlace()) return
      this.#turns.delete(take)
      this.#underWay += 1
      take()
    }
  }
}
