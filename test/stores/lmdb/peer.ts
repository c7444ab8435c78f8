import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import type { Reply, Tasks } from './programs/member.ts'

/** How a process has ended, and what it has said by then. */
export interface End {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly complaints: string
}

interface Waiting {
  resolve(answer: unknown): void
  reject(error: Error): void
}

/** What a task of the other process was refused with. */
export class Refusal extends Error {
  readonly code: string | undefined
  readonly causeCode: string | undefined

  constructor({ message, code, causeCode }: NonNullable<Reply['error']>) {
    super(message)
    this.code = code
    this.causeCode = causeCode
  }
}

/** How the process is started. */
interface PeerOptions {
  readonly uid?: number
  readonly execPath?: string
  readonly execArgv?: string[]
}

/** Starts the process as a container does: it counts processes anew, so that it is number 1. Linux alone, as root. */
export const asInContainer: PeerOptions = {
  execPath: 'unshare',
  execArgv: ['--pid', '--fork', '--kill-child', process.execPath],
}

/** Why no process can be started as in a container; undefined where it can. */
export function lackOfContainers(): string | undefined {
  const { status } = spawnSync('unshare', ['--pid', '--fork', 'true'])
  return status === 0 ? undefined : 'a process with a process id of its own choice needs `unshare`, and root'
}

/** A process of its own, which is asked to do things with a store. */
export class Peer {
  readonly ended: Promise<End>
  /** What it has told without being asked. */
  readonly told: string[] = []
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  readonly #listeners = new Set<() => void>()
  #asked = 0
  #complaints = ''

  /** `program` is the compiled `member`. */
  constructor(program: string, options: PeerOptions = {}) {
    const child = fork(program, { execArgv: [], ...options, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    this.#child = child
    child.stderr?.on('data', bytes => {
      this.#complaints += bytes
    })
    child.on('message', message => this.#take(message as Reply))
    this.ended = once(child, 'close').then(([code, signal]) => this.#end(code, signal))
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Lets the process do something, and answers what came of it. Rejects with a `Refusal`, and when it dies. */
  ask<Name extends keyof Tasks>(
    task: Name,
    input: Parameters<Tasks[Name]>[0],
  ): Promise<Awaited<ReturnType<Tasks[Name]>>> {
    this.#asked += 1
    const turn = this.#asked
    const answer = new Promise((resolve, reject) => this.#waiting.set(turn, { resolve, reject }))
    this.#child.send({ turn, task, input }, error => {
      if (error !== null) this.#waiting.get(turn)?.reject(error)
    })
    // Whoever does not wait for it need not hear that the process was ended.
    answer.catch(() => undefined)
    // The other side runs the task of this name, and its answer has come through as JSON.
    return answer as Promise<Awaited<ReturnType<Tasks[Name]>>>
  }

  /** Resolves once it has told this many things. Rejects when it ends before. */
  async hasTold(count: number): Promise<void> {
    while (this.told.length < count) {
      const next = new Promise<void>(resolve => this.#listeners.add(resolve))
      const end = await Promise.race([next, this.ended])
      if (end !== undefined && this.told.length < count) throw new Error(`It ended: ${JSON.stringify(end)}`)
    }
  }

  /** Ends it by force, and resolves once it is gone. */
  async kill(): Promise<End> {
    this.#child.kill('SIGKILL')
    return await this.ended
  }

  /** Lets it end by itself, with its store still open. */
  async stop(): Promise<End> {
    await this.ask('leave', null)
    return await this.ended
  }

  #take({ turn, told, error, answer }: Reply): void {
    if (told !== undefined) {
      this.told.push(told)
      for (const listener of this.#listeners) listener()
      this.#listeners.clear()
      return
    }
    const waiting = this.#waiting.get(turn)
    this.#waiting.delete(turn)
    if (error === undefined) waiting?.resolve(answer)
    else waiting?.reject(new Refusal(error))
  }

  #end(code: number | null, signal: NodeJS.Signals | null): End {
    const end = { code, signal, complaints: this.#complaints }
    for (const waiting of this.#waiting.values())
      waiting.reject(new Error(`It ended: ${JSON.stringify(end)}`))
    return end
  }
}
