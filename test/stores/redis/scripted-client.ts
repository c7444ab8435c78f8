import type { RedisClient } from 'sojourn/redis'

type Words = readonly string[]

/** A command that has left, and is answered when the test says so. */
export interface Sent {
  readonly words: Words
  answer(answer: unknown): void
  fail(message: string): void
}

/** A client of node-redis without a server. The test is the server: it sees what leaves, and answers. */
export class ScriptedClient implements RedisClient {
  readonly isOpen = true
  isReady = true
  /** What has left, but for the greeting, which is answered at once. */
  readonly sent: Sent[] = []
  readonly #waiting = new Set<() => void>()

  /** The names of the commands that have left. */
  get names(): string[] {
    return this.sent.map(({ words }) => words[0] ?? '')
  }

  sendCommand(words: Words): Promise<unknown> {
    if (words[0] === 'INFO') return Promise.resolve('redis_version:7.2.0')
    return new Promise((resolve, reject) => {
      this.sent.push({ words, answer: resolve, fail: message => reject(new Error(message)) })
      for (const wake of this.#waiting) wake()
      this.#waiting.clear()
    })
  }

  multi(): { addCommand(...command: unknown[]): unknown; execAsPipeline(): Promise<unknown[]> } {
    const commands: Words[] = []
    const pipeline = {
      addCommand: (...command: unknown[]) => {
        commands.push(command.at(-1) as Words)
        return pipeline
      },
      execAsPipeline: () => Promise.all(commands.map(words => this.sendCommand(words))),
    }
    return pipeline
  }

  /** Resolves with the command at a place in the order in which they leave, once it has left. */
  async leaving(place: number): Promise<Sent> {
    for (;;) {
      const found = this.sent[place]
      if (found !== undefined) return found
      await new Promise<void>(resolve => this.#waiting.add(resolve))
    }
  }
}

/** A cluster, of which every server is the same. */
export class ScriptedCluster {
  readonly wire = new ScriptedClient()
  readonly isOpen = true
  readonly masters: readonly object[] = [{}]

  nodeClient(): ScriptedClient {
    return this.wire
  }

  sendCommand(_key: string, _isReadOnly: boolean, words: Words): Promise<unknown> {
    return this.wire.sendCommand(words)
  }

  multi(): unknown {
    return this.wire.multi()
  }
}

/** A pool, of whose connections one is free. */
export class ScriptedPool {
  readonly wire = new ScriptedClient()
  readonly isOpen = true

  sendCommand(words: Words): Promise<unknown> {
    return this.wire.sendCommand(words)
  }

  multi(): unknown {
    return this.wire.multi()
  }

  async execute(work: (connection: ScriptedClient) => unknown): Promise<unknown> {
    return await work(this.wire)
  }
}
