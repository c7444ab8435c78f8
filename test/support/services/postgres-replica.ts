import type { ReplicaSettings } from './database-server.ts'
import { eventually } from './eventually.ts'
import { PostgresServer } from './postgres.ts'
import { postgresCommand } from './psql.ts'
import { freePort, runCommand } from './server-process.ts'

/** A server that follows another one, and answers what only reads, until it is put in its place. */
export class PostgresReplica extends PostgresServer {
  readonly #primary: PostgresServer

  private constructor(primary: PostgresServer, port: number) {
    super(primary.settings, port)
    this.#primary = primary
  }

  static async of(
    primary: PostgresServer,
    { synchronous = false }: ReplicaSettings = {},
  ): Promise<PostgresReplica> {
    const replica = new PostgresReplica(primary, await freePort())
    await runCommand(postgresCommand('pg_basebackup'), [
      ...['--host', primary.folder, '--port', String(primary.port), '--username', 'postgres'],
      ...['--pgdata', replica.data, '--write-recovery-conf', '--checkpoint', 'fast', '--no-sync'],
    ])
    await replica.start()
    if (synchronous) await replica.#makeSynchronous()
    await replica.caughtUp()
    return replica
  }

  /** Waits until it has everything that its primary has now. */
  async caughtUp(): Promise<void> {
    const now = await this.#primary.query('SELECT pg_current_wal_lsn()')
    await eventually('a replica that has everything', async () => {
      return (await this.query(`SELECT pg_last_wal_replay_lsn() >= '${now}'`)) === 't'
    })
  }

  /** Makes it a primary of its own, which follows nobody any more. */
  async promote(): Promise<void> {
    await this.query('SELECT pg_promote()')
  }

  /** From now on the primary answers a commit only once the replica can read it. */
  async #makeSynchronous(): Promise<void> {
    await this.#primary.query("ALTER SYSTEM SET synchronous_standby_names = '*'")
    await this.#primary.query("ALTER SYSTEM SET synchronous_commit = 'remote_apply'")
    await this.#primary.query('SELECT pg_reload_conf()')
    await eventually('a synchronous replica', async () => {
      return (await this.#primary.query('SELECT sync_state FROM pg_stat_replication')) === 'sync'
    })
  }
}
