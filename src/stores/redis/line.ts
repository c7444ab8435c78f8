import type { StoreCall } from '../../core/record/store.ts'
import { isError, SojournError } from '../../core/report/errors.ts'
import { systemClock } from '../../core/time/clock.ts'
import { unlessOver } from '../unless-over.ts'
import type { Command, Link, Send } from './link.ts'
import { patienceMs, untilNextLook } from './patience.ts'
import { Replicas } from './replicas.ts'
import type { Script } from './scripts.ts'
import { isHopeless, isVague, plain, reasonOf, troubleOf } from './trouble.ts'

/** How to reach the servers, and how safe a write has to be. */
export interface LineOptions {
  readonly link: Link
  /** How many replicas must have a write before it is answered. */
  readonly replicas: number
  /** The last error of the connection; undefined when there is none, and for the application's own client. */
  lastError?(): unknown
}

/** What a script works on. */
export interface Task {
  readonly keys: readonly [string, ...string[]]
  readonly parameters: readonly string[]
  readonly call: StoreCall | undefined
}

/** Errors of servers that keep the keys of one script on several servers. The script has changed nothing. */
const apart = /^CROSSSLOT|non local key|undeclared key/
/** How many commands run at once: enough to fill a connection, too few to slow other clients down. */
const groupSize = 100
/** The oldest version of Redis that can run the scripts, and that the tests use. */
const oldestVersion = 7

/**
 * Sends commands to the servers. A command leaves only when there is a connection, so that no driver queues it and runs
 * it long after its request was answered. And none leaves once its request has failed at the deadline.
 */
export class Line {
  readonly #link: Link
  readonly #replicas: Replicas
  readonly #lastError: () => unknown
  #greeting: Promise<void> | undefined
  #isGreeted = false
  #hasOneServer: boolean

  constructor({ link, replicas, lastError = () => undefined }: LineOptions) {
    this.#link = link
    this.#replicas = new Replicas(link, replicas)
    this.#lastError = lastError
    this.#hasOneServer = link.hasOneServer
  }

  /** Sends a command that changes nothing that has to last, and does not wait for replicas. */
  async ask(command: Command): Promise<unknown> {
    return await this.#send(command.call, () => this.#link.send(command))
  }

  /** Reads a text. Answers undefined if there is none. */
  async get(key: string, call: StoreCall | undefined): Promise<string | undefined> {
    return textIn(await this.ask({ key, words: ['GET', key], call }))
  }

  /** Sends a command that changes one key, and waits for the replicas that the option `replicas` asks for. */
  async write(command: Command): Promise<unknown> {
    return await this.#send(command.call, () => this.#replicas.write(command))
  }

  /** Runs a script on keys of one server. If the server does not have the script, sends its source. */
  async run({ sha, source, writes }: Script, { keys, parameters, call }: Task): Promise<unknown> {
    const send = (...words: readonly string[]): Promise<unknown> => {
      const command = { key: keys[0], words: [...words, `${keys.length}`, ...keys, ...parameters], call }
      return writes ? this.write(command) : this.ask(command)
    }
    try {
      return await send('EVALSHA', sha)
    } catch (error) {
      if (!causeMatches(error, /^NOSCRIPT/)) throw error
      return await send('EVAL', source)
    }
  }

  /**
   * Does something in one script on several keys, or step by step where they are on several servers. A client for one server
   * can lead to a cluster too, which is known by its answer.
   */
  async together<Answer>(
    inOneScript: () => Promise<Answer>,
    stepByStep: () => Promise<Answer>,
  ): Promise<Answer> {
    if (!this.#hasOneServer) return await stepByStep()
    try {
      return await inOneScript()
    } catch (error) {
      if (!causeMatches(error, apart)) throw error
      this.#hasOneServer = false
      return await stepByStep()
    }
  }

  /** Every primary: together they have all the keys. */
  async servers(): Promise<readonly Send[]> {
    await this.ready()
    const primaries = await this.#link.primaries()
    return primaries.map(send => words => this.#send(undefined, () => send(words)))
  }

  /**
   * Waits for the connection, and checks the server's version the first time.
   *
   * @throws Error that says what is wrong, and SojournError `STORE_UNUSABLE` for a server that is too old.
   */
  ready(): Promise<void> {
    this.#greeting ??= this.#greet().finally(() => {
      this.#greeting = undefined
    })
    return this.#greeting
  }

  /**
   * Every command leaves here, and none once its caller has given up. With a connection there is no `await` before it
   * leaves, so that commands leave in the order of the calls.
   */
  async #send(call: StoreCall | undefined, send: () => Promise<unknown>): Promise<unknown> {
    if (!this.#isGreeted || !this.#link.isReady()) await unlessOver(call, this.ready())
    call?.throwIfOver()
    try {
      return await send()
    } catch (error) {
      call?.throwIfOver()
      throw troubleOf(error)
    }
  }

  async #greet(): Promise<void> {
    const until = systemClock.now() + patienceMs
    while (!this.#link.isReady()) {
      const error = this.#lastError()
      if (systemClock.now() >= until || isHopeless(error)) throw troubleOf(this.#whyNot(error))
      await untilNextLook()
    }
    if (!this.#isGreeted) await this.#checkVersion()
    this.#isGreeted = true
  }

  /** A server that demands encryption closes every connection without a reason, so "the connection was lost" would mislead. */
  #whyNot(error: unknown): unknown {
    if (error !== undefined && (this.#isGreeted || !isVague(error))) return error
    const said = error === undefined ? '' : `: ${plain(error).message}`
    return new Error(`No connection within ${patienceMs} ms${said}`)
  }

  async #checkVersion(): Promise<void> {
    const [primary] = await this.#link.primaries()
    const answer = await primary?.(['INFO', 'server']).catch(whenForbidden)
    const [, version] = /^redis_version:(\S+)/m.exec(String(answer)) ?? []
    if (version === undefined || Number.parseInt(version, 10) >= oldestVersion) return
    throw new SojournError(
      'STORE_UNUSABLE',
      `Expected a server of Redis ${oldestVersion} or newer, or of Valkey, got version ${version}.`,
    )
  }
}

/** The error of `ready` for a server that cannot be used. */
export function unusable(error: unknown): SojournError {
  if (error instanceof SojournError) return error
  const cause = isError(error) && isError(error.cause) ? error.cause : plain(error)
  return new SojournError(
    'STORE_UNUSABLE',
    `Expected a server for the redis store, but ${reasonOf(cause)}.`,
    {
      cause,
    },
  )
}

function causeMatches(error: unknown, pattern: RegExp): boolean {
  return isError(error) && isError(error.cause) && pattern.test(error.cause.message)
}

/** Where the user may not ask for the version, the server counts as new enough. */
function whenForbidden(error: unknown): string {
  if (isError(error) && error.message.startsWith('NOPERM')) return ''
  throw troubleOf(error)
}

function textIn(answer: unknown): string | undefined {
  return answer === null || answer === undefined ? undefined : String(answer)
}

/** Runs `work` for many items, one group at a time. */
export async function inGroups<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  for (let start = 0; start < items.length; start += groupSize) {
    results.push(...(await Promise.all(items.slice(start, start + groupSize).map(work))))
  }
  return results
}
