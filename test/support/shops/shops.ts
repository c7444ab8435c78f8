import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

/** How many processes one shop is. */
const processCount = 2

export interface ShopSettings {
  /** The compiled `programs/shop.ts`. */
  readonly program: string
  /** Where the sessions are. */
  readonly url: string
  /** Through which package. */
  readonly driver: string
  /**
   * Under which name that package is found.
   * @default its own
   */
  readonly version?: string
}

interface Process {
  readonly child: ChildProcess
  readonly port: number
}

/** A shop that is several processes, each an HTTP server of its own, with their sessions in one place. */
export class Shops {
  readonly #processes: readonly Process[]
  #printed = ''

  private constructor(processes: readonly Process[]) {
    this.#processes = processes
    for (const { child } of processes) {
      for (const stream of [child.stdout, child.stderr]) {
        stream?.setEncoding('utf8').on('data', (text: string) => {
          this.#printed += text
        })
      }
    }
  }

  static async open(settings: ShopSettings): Promise<Shops> {
    return new Shops(await Promise.all(Array.from({ length: processCount }, () => start(settings))))
  }

  get ports(): readonly number[] {
    return this.#processes.map(({ port }) => port)
  }

  /** What the processes have printed. */
  get printed(): string {
    return this.#printed
  }

  /** How many of the processes have run from the beginning until now. */
  get running(): number {
    return this.#processes.filter(({ child }) => isRunning(child)).length
  }

  async close(): Promise<void> {
    await Promise.all(this.#processes.map(({ child }) => end(child)))
  }
}

async function start({ program, url, driver, version = driver }: ShopSettings): Promise<Process> {
  const child = fork(program, [url, driver, version], {
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const ended = once(child, 'exit').then(() => {
    throw new Error('Expected a shop to open, but its process has ended.')
  })
  // It ends at last in any case.
  ended.catch(() => undefined)
  // The program tells nothing else.
  const [address] = (await Promise.race([once(child, 'message'), ended])) as [AddressInfo]
  return { child, port: address.port }
}

/** Asks a process to end, and ends one that does not. */
async function end(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return
  const ended = once(child, 'exit')
  const patience = setTimeout(() => child.kill('SIGKILL'), 5000)
  child.send('close')
  await ended
  clearTimeout(patience)
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null
}
