import { eventually } from './eventually.ts'
import { type RedisAnswer, redisCommand } from './redis-command.ts'
import { freePort, removeFolder, ServerProcess, serverFolder } from './server-process.ts'

/** How a server of the tests is started. */
export interface RedisSettings {
  /** @default 'redis-server' */
  readonly command?: 'redis-server' | 'valkey-server'
  /** What follows on the command line, such as `--appendonly yes`. */
  readonly parameters?: readonly string[]
  readonly password?: string
  /** @default one that is free */
  readonly port?: number
}

/** How long a server may take to answer for the first time. */
const patienceMs = 15_000

/** A Redis or Valkey server in a folder of its own, on a port of this machine alone. */
export class RedisServer {
  readonly port: number
  readonly folder: string
  readonly #settings: RedisSettings
  #process: ServerProcess | undefined

  private constructor(port: number, settings: RedisSettings) {
    this.port = port
    this.folder = serverFolder('redis')
    this.#settings = settings
  }

  static async start(settings: RedisSettings = {}): Promise<RedisServer> {
    const server = new RedisServer(settings.port ?? (await freePort()), settings)
    await server.start()
    return server
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Starts it on the same port and in the same folder as before. */
  async start(): Promise<void> {
    const { command = 'redis-server', parameters = [], password } = this.#settings
    const asked = password === undefined ? [] : ['--requirepass', password]
    this.#process = new ServerProcess(command, [...this.#essentials(), ...asked, ...parameters])
    await this.#answers()
  }

  /** Sends one command on a connection of its own. */
  send(...command: readonly string[]): Promise<RedisAnswer> {
    return redisCommand(this.#address(), command)
  }

  /** Waits until as many replicas have everything that the server has now. */
  async replicated(replicas: number): Promise<void> {
    // A replica that is new has all that there was before it hears of what happens now.
    await this.send('PUBLISH', 'tests', 'something that replicas hear of')
    const [now = 0] = offsetsIn(await this.send('INFO', 'replication'), /^master_repl_offset:(\d+)/gm)
    await eventually(`${replicas} replicas that have everything`, async () => {
      const heard = offsetsIn(
        await this.send('INFO', 'replication'),
        /^slave\d+:.*state=online,offset=(\d+)/gm,
      )
      return heard.filter(offset => offset >= now).length >= replicas
    })
  }

  pause(): void {
    this.#process?.pause()
  }

  resume(): void {
    this.#process?.resume()
  }

  async kill(): Promise<void> {
    await this.#process?.kill()
  }

  /** Ends it, and removes all that it has written. */
  async stop(): Promise<void> {
    await this.kill()
    removeFolder(this.folder)
  }

  #essentials(): string[] {
    const place = ['--bind', '127.0.0.1', '--dir', this.folder, '--port', String(this.port)]
    const quick = ['--save', '', '--repl-diskless-sync-delay', '0']
    return [...place, ...quick, '--daemonize', 'no', '--loglevel', 'warning']
  }

  #address(): { port: number; password: string | undefined } {
    return { port: this.port, password: this.#settings.password }
  }

  async #answers(): Promise<void> {
    const until = Date.now() + patienceMs
    while (Date.now() < until && this.#process?.isRunning === true) {
      const answer = await this.send('PING').catch(() => undefined)
      if (answer === 'PONG') return
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    throw new Error(`Expected a server on port ${this.port}, got: ${this.#process?.output}`)
  }
}

function offsetsIn(facts: RedisAnswer, shape: RegExp): number[] {
  return Array.from(String(facts).matchAll(shape), ([, offset]) => Number(offset))
}
