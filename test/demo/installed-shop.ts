import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Visitor } from './visitor.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const scratch = join(root, '.scratch')

/** What came of a shop that has ended. */
export interface Ending {
  readonly code: number | null
  readonly output: string
}

/**
 * The shop in a folder of its own, with a build of the sources as they are now. A child process resolves `sojourn`
 * by the package's own name, so that it needs what users get. Whatever the shop writes stays in the folder.
 */
export class InstalledShop {
  readonly folder: string

  constructor(folder: string) {
    this.folder = folder
  }

  static async install(): Promise<InstalledShop> {
    mkdirSync(scratch, { recursive: true })
    const folder = mkdtempSync(join(scratch, 'shop-'))
    cpSync(join(root, 'package.json'), join(folder, 'package.json'))
    const isOurs = (path: string): boolean => !['.env', 'data'].includes(basename(path))
    cpSync(join(root, 'demo'), join(folder, 'demo'), { recursive: true, filter: isOurs })
    await run(process.execPath, [join(root, 'tools', 'build.mjs'), '--into', join(folder, 'dist')])
    return new InstalledShop(folder)
  }

  get settings(): string {
    return join(this.folder, 'demo', '.env')
  }

  /** Starts the shop, and answers when it listens. */
  async open(environment: NodeJS.ProcessEnv = {}): Promise<RunningShop> {
    const shop = new RunningShop(this.#spawn({ PORT: '0', ...environment }))
    await shop.listening
    return shop
  }

  /** Starts a shop that is to give up by itself. One that opens nevertheless is ended, and has no exit code. */
  async fail(environment: NodeJS.ProcessEnv): Promise<Ending> {
    const shop = new RunningShop(this.#spawn({ PORT: '0', ...environment }))
    const hasOpened = await shop.listening.then(
      () => true,
      () => false,
    )
    return hasOpened ? await shop.close('SIGKILL') : await shop.ended
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Nothing of this process's own settings goes along. */
  #spawn(environment: NodeJS.ProcessEnv): ChildProcess {
    const env = { PATH: process.env['PATH'], ...environment }
    return spawn(process.execPath, ['demo/server.js'], { cwd: this.folder, env })
  }
}

/** A shop that listens, until it is closed. */
export class RunningShop {
  readonly ended: Promise<Ending>
  readonly listening: Promise<void>
  readonly #child: ChildProcess
  #output = ''

  constructor(child: ChildProcess) {
    this.#child = child
    // What was printed is all there only when the streams are closed.
    this.ended = once(child, 'close').then(([code]) => ({
      code: code as number | null,
      output: this.#output,
    }))
    this.listening = new Promise((resolve, reject) => {
      const hear = (chunk: Buffer): void => {
        this.#output += String(chunk)
        if (this.#output.includes('http://')) resolve()
      }
      child.stdout?.on('data', hear)
      child.stderr?.on('data', hear)
      this.ended.then(({ output }) => reject(new Error(`The shop did not open: ${output}`)), reject)
    })
    this.listening.catch(() => undefined)
  }

  get output(): string {
    return this.#output
  }

  get port(): number {
    return Number(/http:\/\/[^ ]*:(\d+)/.exec(this.#output)?.[1])
  }

  get origin(): string {
    return `http://localhost:${this.port}`
  }

  /** The same browser, which comes to this shop with what it had from another one. */
  visited(by: Visitor): Visitor {
    const visitor = new Visitor(this.origin)
    visitor.cookie = by.cookie
    return visitor
  }

  async close(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ending> {
    this.#child.kill(signal)
    return await this.ended
  }
}

async function run(command: string, values: readonly string[]): Promise<void> {
  const child = spawn(command, values, { cwd: root, stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`Expected ${basename(command)} to succeed, got the exit code ${code}.`)
}
