import type { KeyPair } from '../../compatibility/certificate.ts'
import { removeFolder, ServerProcess, serverFile, serverFolder } from './server-process.ts'

/** What a server can be told at its start, by the names that it has for it itself. */
export type ServerParameters = Readonly<Record<string, string | number>>

/** How a database server of the tests is started. */
export interface DatabaseSettings {
  /** They hold for every start, and go before the server's own. */
  readonly parameters?: ServerParameters
  /**
   * Whether what is written outlives the machine too. What outlives a kill of the server is written either way.
   *
   * @default false
   */
  readonly durable?: boolean
  /** What the server proves itself with. With it, the server refuses connections over the network without TLS. */
  readonly tls?: KeyPair
}

/** How a replica follows its primary. */
export interface ReplicaSettings {
  /**
   * Whether the primary answers a commit only once the replica has it.
   *
   * @default false
   */
  readonly synchronous?: boolean
}

/** Somebody who may sign in to a database. */
export interface DatabaseUser {
  readonly name: string
  readonly password: string
}

/** A user who may do less than the owner. */
export interface LesserUser extends DatabaseUser {
  /** What is allowed on the tables of the database, also on those that are made later. */
  readonly rights: readonly ('SELECT' | 'INSERT' | 'UPDATE' | 'DELETE')[]
}

/** Who the tests sign in as: somebody who may do everything in one database. The password is not one for a URL as it stands. */
export const owner: DatabaseUser & { readonly database: string } = {
  name: 'shop',
  password: 's/hop:9@%',
  database: 'shop',
}

/** How long a server may take to answer for the first time. */
const patienceMs = 30_000

/** A server in a folder of its own, on a port of this machine alone. */
export abstract class DatabaseServer {
  readonly port: number
  readonly folder: string
  #process: ServerProcess | undefined

  protected constructor(kind: string, port: number) {
    this.port = port
    this.folder = serverFolder(kind)
  }

  /** The command that starts it with these parameters, which go before all others. */
  protected abstract command(parameters: ServerParameters): readonly [file: string, ...rest: string[]]

  /** Rejects for as long as the server does not answer. */
  protected abstract answers(): Promise<unknown>

  /** The signal at which it ends, after it has told its clients. */
  protected get goodbye(): NodeJS.Signals {
    return 'SIGTERM'
  }

  /** The numbers of its processes. Some servers have one for each connection. */
  get pids(): readonly number[] {
    return this.#process?.pids ?? []
  }

  /** Starts it on the same port, with the data that it has. The parameters hold until the next start. */
  async start(parameters: ServerParameters = {}): Promise<void> {
    const [file, ...rest] = this.command(parameters)
    this.#process = new ServerProcess(file, rest)
    await this.#isReady(this.#process)
  }

  /** Ends it as an administrator does, which its clients are told, and starts it with these parameters. */
  async restart(parameters: ServerParameters = {}): Promise<void> {
    await this.shutDown()
    await this.start(parameters)
  }

  /** Ends it as an administrator does: its clients are told, and what it has in memory is written. */
  async shutDown(): Promise<void> {
    await this.#process?.end(this.goodbye)
  }

  /** Ends all of its processes at once, without a chance to write or to say anything. */
  async kill(): Promise<void> {
    await this.#process?.kill()
  }

  /** Stops all of its processes where they stand. The system still accepts connections and bytes for them. */
  freeze(): void {
    this.#process?.pause()
  }

  thaw(): void {
    this.#process?.resume()
  }

  /** Ends it, and removes all that it has written. */
  async stop(): Promise<void> {
    await this.kill()
    removeFolder(this.folder)
  }

  async #isReady(process: ServerProcess): Promise<void> {
    const until = Date.now() + patienceMs
    let reason = 'nothing was asked'
    while (Date.now() < until && process.isRunning) {
      const trouble = await this.answers().then(
        () => undefined,
        error => String(error),
      )
      if (trouble === undefined) return
      reason = trouble
      await new Promise(resolve => setTimeout(resolve, 20))
    }
    throw new Error(`Expected a server on port ${this.port}, got: ${process.output}${reason}`)
  }
}

/** Writes what a server proves itself with to where it can read it. */
export function writeKeyPair(folder: string, { key, cert }: KeyPair): { key: string; cert: string } {
  return { key: serverFile(folder, 'key.pem', key), cert: serverFile(folder, 'cert.pem', cert) }
}

/** The address of a database for a user. */
export function databaseUrl(scheme: string, port: number, { name, password }: DatabaseUser): string {
  const login = `${encodeURIComponent(name)}:${encodeURIComponent(password)}`
  return `${scheme}://${login}@localhost:${port}/${owner.database}`
}

/** A text as SQL has it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
