import { sameCall } from '../../core/record/deadline.ts'
import { isError, SojournError } from '../../core/report/errors.ts'
import { systemClock } from '../../core/time/clock.ts'
import type { Link, Send } from './link.ts'
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

/** How long a command waits for a connection: less than the core's deadline for a store call. */
export const patienceMs = 2000
export const lookEveryMs = 20
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

  constructor({ link, replicas, lastError = () => undefined }: LineOptions) {
    this.#link = link
    this.#replicas = new Replicas(link, replicas)
    this.#lastError = lastError
  }

  /** Sends a command about one key, and does not wait for replicas. */
  async ask(key: string, words: readonly string[]): Promise<unknown> {
    return await this.#send(words, words => this.#link.send(key, words))
  }

  /** Sends a command that changes one key, and waits for the replicas that the option `replicas` asks for. */
  async write(key: string, words: readonly string[]): Promise<unknown> {
    return await this.#send(words, words => this.#replicas.write(key, words))
  }

  /** Runs a script on one key. */
  run(script: Script, key: string, parameters: readonly string[]): Promise<unknown> {
    return this.runOn(script, [key], parameters)
  }

  /**
   * Runs a script on several keys of one server. If the server does not have the script, sends its source.
   */
  async runOn(
    { sha, source }: Script,
    keys: readonly [string, ...string[]],
    parameters: readonly string[],
  ): Promise<unknown> {
    const goOn = sameCall()
    const rest = [String(keys.length), ...keys, ...parameters]
    try {
      return await this.write(keys[0], ['EVALSHA', sha, ...rest])
    } catch (error) {
      if (!isForgotten(error)) throw error
      return await goOn(() => this.write(keys[0], ['EVAL', source, ...rest]))
    }
  }

  /** Every primary: together they have all the keys. */
  async servers(): Promise<readonly Send[]> {
    await this.ready()
    const primaries = await this.#link.primaries()
    return primaries.map(send => words => this.#send(words, send))
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

  /** With a connection there is no `await` before the command leaves, so that commands leave in the order of the calls. */
  async #send(words: readonly string[], send: Send): Promise<unknown> {
    const goOn = sameCall()
    if (!this.#isGreeted || !this.#link.isReady()) await this.ready()
    try {
      return await goOn(() => send(words))
    } catch (error) {
      throw troubleOf(error)
    }
  }

  async #greet(): Promise<void> {
    for (let waitedMs = 0; !this.#link.isReady(); waitedMs += lookEveryMs) {
      const error = this.#lastError()
      if (waitedMs >= patienceMs || isHopeless(error)) throw troubleOf(this.#whyNot(error))
      await new Promise<void>(resolve => systemClock.after(lookEveryMs, resolve))
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

function isForgotten(error: unknown): boolean {
  return isError(error) && isError(error.cause) && error.cause.message.startsWith('NOSCRIPT')
}

/** Where the user may not ask for the version, the server counts as new enough. */
function whenForbidden(error: unknown): string {
  if (isError(error) && error.message.startsWith('NOPERM')) return ''
  throw troubleOf(error)
}
