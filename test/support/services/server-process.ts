import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findCommand } from './find-command.ts'
import { familyOf, haveEnded, signalEach } from './process-tree.ts'

/** Who a server runs as where the tests run as root: nobody, which some servers demand. */
const nobody = 65_534
const isRoot = process.getuid?.() === 0

/** What is still running, in case that the tests end before they have stopped it. */
const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) signalEach(familyOfServer(child), 'SIGKILL')
})

/**
 * Below the ports that the system gives to connections, so that none of them takes the port of a server that is just being
 * started again.
 */
const ports = { from: 12_000, to: 32_000 }
/** Each process that runs tests takes other ports, so that two of them never look at one at the same time. */
const mostProcesses = 16
const ownNumber = Number(process.env['VITEST_POOL_ID'] ?? 0) % mostProcesses
const taken = new Set<number>()

/** Answers a port of this machine that nobody listens on, and that nobody here was given before. */
export async function freePort(): Promise<number> {
  const port = mostProcesses * randomInt(ports.from / mostProcesses, ports.to / mostProcesses) + ownNumber
  if (taken.has(port)) return freePort()
  taken.add(port)
  return (await isFree(port)) ? port : freePort()
}

function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.on('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

/** Makes a folder that the server may write to. */
export function serverFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `sojourn-${name}-`))
  if (isRoot) chownSync(folder, nobody, nobody)
  return folder
}

/** Writes a file that only the server can read, as some demand of a key. Answers its path. */
export function serverFile(folder: string, name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text, { mode: 0o600 })
  if (isRoot) chownSync(path, nobody, nobody)
  return path
}

/** Runs a command to its end, as the user whom servers run as. Rejects with what the command says is wrong. */
export function runCommand(
  command: string,
  parameters: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const [file, rest] = guarded(command, parameters)
  // What the user of the tests has at home is not for this one.
  const env = { ...process.env, HOME: tmpdir(), ...environment }
  const options = { env, timeout: 30_000, killSignal: 'SIGKILL' } as const
  return new Promise((resolve, reject) => {
    execFile(file, rest, options, (error, output, errors) => {
      if (error === null) resolve(output.trim())
      else reject(new Error(`${command}: ${errors.trim() || 'ended without a word.'}`))
    })
  })
}

/** One server, which runs until it is stopped, or until the tests end, however they end. */
export class ServerProcess {
  readonly #child: ChildProcess
  readonly #ended: Promise<void>
  #output = ''

  constructor(command: string, parameters: readonly string[]) {
    const [file, rest] = guarded(command, parameters)
    this.#child = spawn(file, rest, { stdio: ['ignore', 'pipe', 'pipe'] })
    running.add(this.#child)
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-4000)
      })
    }
    this.#ended = new Promise(resolve => {
      const end = (): void => {
        running.delete(this.#child)
        resolve()
      }
      this.#child.on('exit', end)
      this.#child.on('error', end)
    })
  }

  /** What it has said last. */
  get output(): string {
    return this.#output
  }

  get isRunning(): boolean {
    return running.has(this.#child)
  }

  /** The numbers of its processes; none where it has ended, because they may be those of others by now. */
  get pids(): readonly number[] {
    return familyOfServer(this.#child)
  }

  /** Stops the server where it stands, as if the machine were busy with something else. */
  pause(): void {
    // The server first, so that it starts no other process meanwhile.
    this.#child.kill('SIGSTOP')
    signalEach(this.pids, 'SIGSTOP')
  }

  resume(): void {
    signalEach(this.pids, 'SIGCONT')
  }

  /** Ends the server without a chance to write anything. */
  async kill(): Promise<void> {
    this.#child.kill('SIGSTOP')
    const { pids } = this
    signalEach(pids, 'SIGKILL')
    await this.#ended
    await haveEnded(pids)
  }

  /** Ends the server with a signal that it may take its time for. */
  async end(signal: NodeJS.Signals): Promise<void> {
    this.#child.kill(signal)
    await this.#ended
  }
}

/** Removes a folder that a server had. */
export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}

function familyOfServer(child: ChildProcess): number[] {
  return child.pid === undefined || !running.has(child) ? [] : familyOf(child.pid)
}

/** A command that drops what the tests may do and a server need not, and that ends with the process that started it. */
function guarded(command: string, parameters: readonly string[]): [file: string, parameters: string[]] {
  const file = findCommand(command) ?? command
  const setpriv = findCommand('setpriv')
  if (setpriv === undefined) return [file, [...parameters]]
  const dropping = isRoot ? [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'] : []
  return [setpriv, [...dropping, '--pdeathsig', 'KILL', '--', file, ...parameters]]
}
