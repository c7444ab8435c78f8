import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  DatabaseServer,
  type DatabaseSettings,
  type DatabaseUser,
  databaseUrl,
  type LesserUser,
  owner,
  quoted,
  type ServerParameters,
  writeKeyPair,
} from './database-server.ts'
import { postgresCommand, psql } from './psql.ts'
import { freePort, runCommand, serverFile } from './server-process.ts'

/** Quick, with little memory, and with nothing outside its folder. */
const modest: ServerParameters = {
  shared_buffers: '16MB',
  dynamic_shared_memory_type: 'mmap',
  superuser_reserved_connections: 1,
  wal_keep_size: '64MB',
}

const hasty: ServerParameters = { fsync: 'off', full_page_writes: 'off' }

/** A PostgreSQL server with a database whose owner is no superuser, as hosts hand them out. */
export class PostgresServer extends DatabaseServer {
  /** What a replica has from it. */
  readonly settings: DatabaseSettings

  protected constructor(settings: DatabaseSettings, port: number) {
    super('postgres', port)
    this.settings = settings
  }

  static async start(settings: DatabaseSettings = {}): Promise<PostgresServer> {
    const server = new PostgresServer(settings, await freePort())
    await runCommand(postgresCommand('initdb'), [
      ...['--pgdata', server.data, '--username', 'postgres'],
      ...['--no-sync', '--auth', 'trust', '--encoding', 'UTF8', '--no-locale'],
    ])
    server.#allowPasswordsOnly()
    await server.start()
    await server.#makeDatabase()
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

  /** Where its data is. */
  get data(): string {
    return join(this.folder, 'data')
  }

  /** Runs one statement as a superuser, for whom one connection is left over. Answers a line a row, as `1|two`. */
  query(sql: string, database: string = owner.database): Promise<string> {
    return psql({ host: this.folder, port: this.port, database, name: 'postgres' }, sql)
  }

  /** Runs one statement over the network, as a user who has a password. */
  queryAs(user: DatabaseUser, sql: string): Promise<string> {
    return psql({ host: '127.0.0.1', port: this.port, database: owner.database, ...user }, sql)
  }

  /** Makes a user who may do less than the owner. */
  async addUser(user: LesserUser): Promise<void> {
    const rights = user.rights.join(', ')
    await this.query(`CREATE ROLE ${user.name} LOGIN PASSWORD ${quoted(user.password)}`)
    if (user.rights.length > 0) {
      await this.query(`GRANT ${rights} ON ALL TABLES IN SCHEMA public TO ${user.name}`)
      await this.query(
        `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner.name} IN SCHEMA public GRANT ${rights} ON TABLES TO ${user.name}`,
      )
    }
  }

  override async stop(): Promise<void> {
    await this.kill()
    await this.#releaseMemory()
    await super.stop()
  }

  protected override get goodbye(): NodeJS.Signals {
    // With SIGTERM it would wait for its clients.
    return 'SIGINT'
  }

  protected override command(parameters: ServerParameters): [file: string, ...rest: string[]] {
    const place: ServerParameters = { listen_addresses: '127.0.0.1', unix_socket_directories: this.folder }
    const haste = this.settings.durable === true ? {} : hasty
    const all = {
      ...place,
      ...modest,
      ...haste,
      ...this.#proof(),
      ...this.settings.parameters,
      ...parameters,
    }
    const options = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    return [postgresCommand('postgres'), '-D', this.data, '-p', String(this.port), ...options]
  }

  protected override answers(): Promise<string> {
    return this.query('SELECT 1', 'postgres')
  }

  #proof(): ServerParameters {
    const { tls } = this.settings
    if (tls === undefined) return {}
    const { key, cert } = writeKeyPair(this.folder, tls)
    return { ssl: 'on', ssl_key_file: key, ssl_cert_file: cert }
  }

  /** Who comes over the network needs a password. Who may enter the folder is trusted. */
  #allowPasswordsOnly(): void {
    const network = this.settings.tls === undefined ? 'host' : 'hostssl'
    const lines = [
      'local all all trust',
      'local replication all trust',
      `${network} all all 127.0.0.1/32 scram-sha-256`,
    ]
    serverFile(this.data, 'pg_hba.conf', `${lines.join('\n')}\n`)
  }

  async #makeDatabase(): Promise<void> {
    await this.query(`CREATE ROLE ${owner.name} LOGIN PASSWORD ${quoted(owner.password)}`, 'postgres')
    await this.query(`CREATE DATABASE ${owner.database} OWNER ${owner.name}`, 'postgres')
    // As PostgreSQL 15 has it by itself.
    await this.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC')
    await this.query(`GRANT ALL ON SCHEMA public TO ${owner.name}`)
  }

  /** Gives back the memory that the system keeps for a server that was killed. */
  async #releaseMemory(): Promise<void> {
    const file = join(this.data, 'postmaster.pid')
    const facts = existsSync(file) ? readFileSync(file, 'utf8') : ''
    const [, id] = /^ *\d+ +(\d+) *$/m.exec(facts) ?? []
    if (id !== undefined) await runCommand('ipcrm', ['--shmem-id', id])
  }
}
