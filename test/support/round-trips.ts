import { TcpProxy } from './tcp-proxy.ts'

/** How long a server must be silent before the answers of a round are passed on. */
const silenceMs = 15

/**
 * Counts how often a client of any server waits for an answer before it sends more. It stands between the two and holds
 * the answers back until the server is silent, so that commands that leave together count once, however fast the server
 * is. The greeting of a connection counts too: `reset` begins the count anew.
 */
export class RoundTrips {
  readonly #count: Count
  readonly #proxy: TcpProxy

  private constructor(count: Count, proxy: TcpProxy) {
    this.#count = count
    this.#proxy = proxy
  }

  static async start(target: number): Promise<RoundTrips> {
    const count = new Count()
    return new RoundTrips(count, await TcpProxy.start(target, count))
  }

  get port(): number {
    return this.#proxy.port
  }

  /** The round trips since the last reset. */
  get count(): number {
    return this.#count.rounds
  }

  /** Call it when no command is under way. */
  reset(): void {
    this.#count.rounds = 0
  }

  stop(): Promise<void> {
    return this.#proxy.stop()
  }
}

class Count {
  rounds = 0
  #isUnderWay = false
  #silence: NodeJS.Timeout | undefined
  readonly #held: (() => void)[] = []

  asked(): void {
    if (!this.#isUnderWay) this.rounds += 1
    this.#isUnderWay = true
  }

  answered(pass: () => void): void {
    this.#held.push(pass)
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => this.#passAll(), silenceMs)
  }

  #passAll(): void {
    this.#isUnderWay = false
    for (const pass of this.#held.splice(0)) pass()
  }
}
