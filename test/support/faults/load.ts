import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { openStore } from '../../../src/stores/open-store.ts'
import { type Aftermath, aftermathOf } from './aftermath.ts'
import { managerOn, type Word } from './visitors.ts'

/** How many processes receive visitors, and how many each at the same time. */
const processCount = 2
const lanes = 50

interface Member {
  readonly child: ChildProcess
  /** Resolves once it has ended, and all that it has said has been heard. */
  readonly gone: Promise<unknown>
}

/** Processes that receive visitors on the store of a URL, and what they have answered. */
export class Load {
  readonly words: Word[] = []
  readonly #url: string
  readonly #program: string
  #faultAt: number | undefined
  readonly #children: readonly Member[]
  #listener = (): void => undefined

  /** `program` is the compiled `programs/load.ts`. */
  constructor(url: string, program: string) {
    this.#url = url
    this.#program = program
    this.#children = Array.from({ length: processCount }, (_, number) => this.#start(`process ${number}`))
  }

  /** Remembers that the fault has just happened: what was answered before may be lost by then. */
  noteFault(): void {
    this.#faultAt = Date.now()
  }

  /** Resolves once so many more answers have been given. Rejects when no process is left that gives any. */
  async answered(more: number): Promise<void> {
    const wanted = this.words.length + more
    while (this.words.length < wanted) {
      const next = new Promise<void>(resolve => {
        this.#listener = resolve
      })
      await Promise.race([next, this.#ended()])
      if (this.words.length < wanted && this.#running().length === 0)
        throw new Error('Every process has ended.')
    }
  }

  /** Resolves once so many more requests have failed. */
  async failed(more: number): Promise<void> {
    const countFailures = (): number => this.words.filter(({ what }) => what === 'failed').length
    const wanted = countFailures() + more
    while (countFailures() < wanted) await this.answered(1)
  }

  /** Ends one process by force, in the middle of what it does. */
  async killOne(): Promise<void> {
    const [victim] = this.#running()
    victim?.child.kill('SIGKILL')
    await victim?.gone
  }

  /** Ends every process by force. */
  async kill(): Promise<void> {
    while (this.#running().length > 0) await this.killOne()
  }

  /** Lets every process answer who is there, and end. */
  async stop(): Promise<void> {
    const ended = this.#ended()
    for (const { child } of this.#running()) child.send('stop')
    await ended
  }

  /** What is there of what was answered, as a process finds it that has just been started. */
  async aftermath(): Promise<Aftermath> {
    const store = openStore(this.#url)
    try {
      return await aftermathOf(managerOn(store), { words: this.words, faultAt: this.#faultAt })
    } finally {
      await store.close()
    }
  }

  #start(name: string): Member {
    const child = fork(this.#program, [this.#url, name, String(lanes)], { execArgv: [] })
    child.on('message', word => {
      // The program tells nothing else.
      this.words.push(word as Word)
      this.#listener()
    })
    return { child, gone: Promise.all([once(child, 'exit'), once(child, 'disconnect')]) }
  }

  #running(): Member[] {
    return this.#children.filter(
      ({ child: { exitCode, signalCode } }) => exitCode === null && signalCode === null,
    )
  }

  async #ended(): Promise<void> {
    await Promise.all(this.#running().map(({ gone }) => gone))
  }
}
