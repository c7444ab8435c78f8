import {
  DatabaseServer,
  type DatabaseUser,
  databaseUrl,
  owner,
  type ServerParameters,
} from './database-server.ts'
import type { PostgresServer } from './postgres.ts'
import { psql } from './psql.ts'
import { freePort, serverFile } from './server-process.ts'

/** How a PgBouncer of the tests is started. */
export interface PgBouncerSettings {
  /** They hold for every start, such as `{ default_pool_size: 2 }`. */
  readonly parameters?: ServerParameters
}

/** Who may sign in to PgBouncer itself. */
const administrator = { name: 'administrator', password: 'administrator' }

/** A PgBouncer in transaction mode in front of a PostgreSQL server, whose users it lets in with their passwords. */
export class PgBouncer extends DatabaseServer {
  readonly #postgres: PostgresServer
  readonly #settings: PgBouncerSettings

  private constructor(postgres: PostgresServer, settings: PgBouncerSettings, port: number) {
    super('pgbouncer', port)
    this.#postgres = postgres
    this.#settings = settings
    serverFile(this.folder, 'users.txt', `"${administrator.name}" "${administrator.password}"\n`)
  }

  static async start(postgres: PostgresServer, settings: PgBouncerSettings = {}): Promise<PgBouncer> {
    const server = new PgBouncer(postgres, settings, await freePort())
    await server.start()
    return server
  }

  /** What the owner of the database connects with. */
  get url(): string {
    return this.urlFor(owner)
  }

  /** What another user of the database connects with. */
  urlFor(user: DatabaseUser): string {
    return databaseUrl('postgres', this.port, user)
  }

  /** Runs one statement through PgBouncer, as a user of the database. Answers a line a row, as `1|two`. */
  queryAs(user: DatabaseUser, sql: string): Promise<string> {
    return psql({ host: '127.0.0.1', port: this.port, database: owner.database, ...user }, sql)
  }

  /** Tells PgBouncer itself something, such as `PAUSE`, or asks it, as with `SHOW POOLS`. */
  manage(command: string): Promise<string> {
    return psql({ host: '127.0.0.1', port: this.port, database: 'pgbouncer', ...administrator }, command)
  }

  protected override command(parameters: ServerParameters): [file: string, ...rest: string[]] {
    const all = { ...this.#essentials(), ...this.#settings.parameters, ...parameters }
    const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`)
    const target = `* = host=${this.#postgres.folder} port=${this.#postgres.port}`
    const text = ['[databases]', target, '[pgbouncer]', ...lines, ''].join('\n')
    return ['pgbouncer', serverFile(this.folder, 'pgbouncer.ini', text)]
  }

  protected override answers(): Promise<string> {
    return this.manage('SHOW VERSION')
  }

  /** PostgreSQL trusts who comes through its folder, and tells whose passwords are right. */
  #essentials(): ServerParameters {
    return {
      listen_addr: '127.0.0.1',
      listen_port: this.port,
      unix_socket_dir: '',
      pool_mode: 'transaction',
      auth_type: 'scram-sha-256',
      auth_file: `${this.folder}/users.txt`,
      auth_user: 'postgres',
      admin_users: administrator.name,
    }
  }
}
