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
import { freePort, runCommand } from './server-process.ts'

/** Quick, with little memory, and with all that a replica asks for. */
const modest: ServerParameters = {
  'innodb-buffer-pool-size': '16M',
  'innodb-log-file-size': '8M',
  'innodb-fast-shutdown': 2,
  'performance-schema': 'OFF',
  'skip-name-resolve': 'ON',
  'log-bin': 'log',
  'binlog-format': 'ROW',
}

const hasty: ServerParameters = {
  'innodb-flush-method': 'nosync',
  'innodb-flush-log-at-trx-commit': 2,
  'sync-binlog': 0,
}

const lasting: ServerParameters = { 'innodb-flush-log-at-trx-commit': 1, 'sync-binlog': 1 }

/** A MariaDB server with a database whose owner may do nothing else. */
export class MariadbServer extends DatabaseServer {
  /** What a replica has from it. */
  readonly settings: DatabaseSettings

  protected constructor(settings: DatabaseSettings, port: number) {
    super('mariadb', port)
    this.settings = settings
  }

  static async start(settings: DatabaseSettings = {}): Promise<MariadbServer> {
    const server = new MariadbServer(settings, await freePort())
    await server.makeData()
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
    return databaseUrl('mysql', this.port, user)
  }

  /** Runs one statement as root, for whom one connection is left over. Answers a line a row, with tabs between the columns. */
  query(sql: string, database: string = owner.database): Promise<string> {
    return runClient(['--socket', this.#socket, '--user', 'root', '--database', database], sql)
  }

  /** Runs one statement over the network, as a user who has a password. */
  queryAs({ name, password }: DatabaseUser, sql: string): Promise<string> {
    const place = ['--host', '127.0.0.1', '--port', String(this.port), '--database', owner.database]
    const tls = this.settings.tls === undefined ? '--skip-ssl' : '--ssl'
    return runClient([...place, tls, '--user', name], sql, { MYSQL_PWD: password })
  }

  /** Makes a user who may do less than the owner. */
  async addUser(user: LesserUser): Promise<void> {
    const rights = user.rights.length === 0 ? 'USAGE' : user.rights.join(', ')
    await this.query(`CREATE USER ${user.name} IDENTIFIED BY ${quoted(user.password)}`)
    await this.query(`GRANT ${rights} ON ${owner.database}.* TO ${user.name}`)
  }

  /** Makes the folder of a server that has nothing but its own tables. */
  protected async makeData(): Promise<void> {
    await runCommand('mariadb-install-db', [
      ...['--no-defaults', `--datadir=${this.#data}`, '--auth-root-authentication-method=normal'],
      ...['--skip-test-db', '--skip-name-resolve', '--innodb-log-file-size=8M'],
      ...['--innodb-flush-method=nosync', '--innodb-buffer-pool-size=16M'],
    ])
  }

  protected override command(parameters: ServerParameters): [file: string, ...rest: string[]] {
    const place = { datadir: this.#data, socket: this.#socket, port: this.port, 'bind-address': '127.0.0.1' }
    // Each server of a group of replicas needs another number.
    const haste = { 'server-id': this.port, ...(this.settings.durable === true ? lasting : hasty) }
    const all = {
      ...place,
      ...modest,
      ...haste,
      ...this.#proof(),
      ...this.settings.parameters,
      ...parameters,
    }
    const options = Object.entries(all).map(([name, value]) => `--${name}=${value}`)
    return ['mariadbd', '--no-defaults', ...options]
  }

  protected override answers(): Promise<string> {
    return this.query('SELECT 1', 'mysql')
  }

  get #data(): string {
    return join(this.folder, 'data')
  }

  get #socket(): string {
    return join(this.folder, 'socket')
  }

  #proof(): ServerParameters {
    const { tls } = this.settings
    if (tls === undefined) return {}
    const { key, cert } = writeKeyPair(this.folder, tls)
    return { 'ssl-key': key, 'ssl-cert': cert, 'require-secure-transport': 'ON' }
  }

  async #makeDatabase(): Promise<void> {
    await this.query(`CREATE DATABASE ${owner.database}`, 'mysql')
    await this.query(`CREATE USER ${owner.name} IDENTIFIED BY ${quoted(owner.password)}`)
    await this.query(`GRANT ALL ON ${owner.database}.* TO ${owner.name}`)
  }
}

/** Runs one statement on a connection of its own, without any of the drivers that are to be tested. */
function runClient(
  place: readonly string[],
  sql: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const format = ['--no-defaults', '--batch', '--skip-column-names', '--raw']
  return runCommand('mariadb', [...format, ...place, '--execute', sql], environment)
}
