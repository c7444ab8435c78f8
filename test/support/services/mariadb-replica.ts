import type { ReplicaSettings, ServerParameters } from './database-server.ts'
import { eventually } from './eventually.ts'
import { MariadbServer } from './mariadb.ts'
import { freePort } from './server-process.ts'

/** A server that follows another one, and answers what only reads, until it is put in its place. */
export class MariadbReplica extends MariadbServer {
  readonly #primary: MariadbServer
  #isFollowing = true

  private constructor(primary: MariadbServer, port: number) {
    super(primary.settings, port)
    this.#primary = primary
  }

  static async of(
    primary: MariadbServer,
    { synchronous = false }: ReplicaSettings = {},
  ): Promise<MariadbReplica> {
    const replica = new MariadbReplica(primary, await freePort())
    await replica.makeData()
    await replica.start()
    await replica.#follow()
    if (synchronous) await replica.#makeSynchronous()
    await replica.caughtUp()
    return replica
  }

  /** Waits until it has everything that its primary has now. */
  async caughtUp(): Promise<void> {
    const now = await this.#primary.query('SELECT @@gtid_binlog_pos')
    await this.query(`SELECT MASTER_GTID_WAIT('${now}', 20)`, 'mysql')
  }

  /** Makes it a primary of its own, which follows nobody any more. */
  async promote(): Promise<void> {
    this.#isFollowing = false
    await this.query('STOP SLAVE; RESET SLAVE ALL; SET GLOBAL read_only = OFF')
  }

  protected override command(parameters: ServerParameters): [file: string, ...rest: string[]] {
    return super.command(this.#isFollowing ? { 'read-only': 'ON', ...parameters } : parameters)
  }

  async #follow(): Promise<void> {
    await this.#primary.query(
      `CREATE USER IF NOT EXISTS replica IDENTIFIED BY 'replica'; GRANT REPLICATION SLAVE ON *.* TO replica`,
    )
    const secure = this.settings.tls === undefined ? 0 : 1
    await this.query(
      `CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = ${this.#primary.port}, MASTER_USER = 'replica',
       MASTER_PASSWORD = 'replica', MASTER_USE_GTID = slave_pos, MASTER_SSL = ${secure}; START SLAVE`,
      'mysql',
    )
  }

  /** Until it is started anew, the primary answers a commit only once the replica has heard of it. */
  async #makeSynchronous(): Promise<void> {
    await this.query('STOP SLAVE; SET GLOBAL rpl_semi_sync_slave_enabled = ON; START SLAVE', 'mysql')
    await this.#primary.query(
      `SET GLOBAL rpl_semi_sync_master_wait_point = 'AFTER_SYNC', rpl_semi_sync_master_timeout = 3600000,
       rpl_semi_sync_master_enabled = ON`,
    )
    await eventually('a synchronous replica', async () => {
      const clients = await this.#primary.query("SHOW STATUS LIKE 'Rpl_semi_sync_master_clients'")
      return clients.endsWith('\t1')
    })
  }
}
