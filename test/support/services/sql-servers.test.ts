import { existsSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { certificate } from '../../compatibility/certificate.ts'
import { describeService } from './commands.ts'
import { type DatabaseSettings, owner, type ServerParameters } from './database-server.ts'
import { eventually } from './eventually.ts'
import { MariadbServer } from './mariadb.ts'
import { MariadbReplica } from './mariadb-replica.ts'
import { PgBouncer } from './pgbouncer.ts'
import { PostgresServer } from './postgres.ts'
import { PostgresReplica } from './postgres-replica.ts'
import { haveEnded, statesOf } from './process-tree.ts'
import { postgresCommand } from './psql.ts'
import { runCommand } from './server-process.ts'

type SqlServer = PostgresServer | MariadbServer
type SqlReplica = PostgresReplica | MariadbReplica

interface Kind {
  readonly title: string
  readonly command: string
  readonly scheme: string
  readonly start: (settings?: DatabaseSettings) => Promise<SqlServer>
  readonly follow: (primary: SqlServer, settings: { synchronous: boolean }) => Promise<SqlReplica>
  /** What the server can be told, and how it tells what it was told. */
  readonly told: { readonly name: string; readonly value: string; readonly ask: string }
  readonly lasting: { readonly ask: string; readonly yes: string; readonly no: string }
  /** How few connections the server can be told to accept, and a statement that holds one of them. */
  readonly crowded: {
    readonly parameters: ServerParameters
    readonly wait: string
    readonly running: string
    readonly refused: RegExp
  }
  readonly withoutTls: (server: SqlServer) => Promise<string>
}

const login = { PGPASSWORD: owner.password, MYSQL_PWD: owner.password }

const kinds: readonly Kind[] = [
  {
    title: 'PostgreSQL',
    command: 'postgres',
    scheme: 'postgres:',
    start: PostgresServer.start,
    follow: (primary, settings) => PostgresReplica.of(primary as PostgresServer, settings),
    told: { name: 'default_transaction_isolation', value: 'serializable', ask: 'SHOW transaction_isolation' },
    lasting: { ask: 'SHOW fsync', yes: 'on', no: 'off' },
    crowded: {
      parameters: { max_connections: 3 },
      wait: 'SELECT pg_sleep(60)',
      running: "SELECT query FROM pg_stat_activity WHERE usename = 'shop'",
      refused: /remaining connection slots are reserved|too many clients/,
    },
    withoutTls: ({ port }) => {
      const place = `host=127.0.0.1 port=${port} user=${owner.name} dbname=${owner.database} sslmode=disable`
      return runCommand(postgresCommand('psql'), ['--dbname', place, '--command', 'SELECT 1'], login)
    },
  },
  {
    title: 'MariaDB',
    command: 'mariadbd',
    scheme: 'mysql:',
    start: MariadbServer.start,
    follow: (primary, settings) => MariadbReplica.of(primary as MariadbServer, settings),
    told: { name: 'transaction-isolation', value: 'SERIALIZABLE', ask: 'SELECT @@tx_isolation' },
    lasting: { ask: 'SELECT @@innodb_flush_log_at_trx_commit', yes: '1', no: '2' },
    crowded: {
      parameters: { 'max-connections': 10 },
      wait: 'SELECT SLEEP(60)',
      running: 'SHOW FULL PROCESSLIST',
      refused: /Too many connections/,
    },
    withoutTls: ({ port }) => {
      const place = ['--no-defaults', '--host', '127.0.0.1', '--port', String(port), '--user', owner.name]
      return runCommand('mariadb', [...place, '--skip-ssl', '--execute', 'SELECT 1'], login)
    },
  },
]

for (const kind of kinds) {
  describeService(`the ${kind.title} server of the tests`, kind.command, () => {
    let server: SqlServer
    beforeAll(async () => {
      server = await kind.start()
      // As a store does, whose tables are the owner's.
      await server.queryAs(owner, 'CREATE TABLE things (name varchar(20))')
    })
    afterAll(() => server.stop())

    test('it is at an address that a store can be given', async () => {
      const { protocol, username, password, port, pathname } = new URL(server.url)
      expect([protocol, username, Number(port)]).toEqual([kind.scheme, owner.name, server.port])
      expect(decodeURIComponent(password)).toBe(owner.password)
      expect(pathname).toBe(`/${owner.database}`)
    })

    test('what was written before a kill is there after a start', async () => {
      await server.queryAs(owner, "INSERT INTO things VALUES ('kept')")
      const { pids } = server
      await server.kill()
      await haveEnded(pids)
      await expect(server.query('SELECT 1')).rejects.toThrow()
      await server.start()
      expect(await server.query("SELECT name FROM things WHERE name = 'kept'")).toBe('kept')
    })

    test('none of its processes does anything while it is frozen', async () => {
      server.freeze()
      const { pids } = server
      await eventually('frozen processes', async () => statesOf(pids).every(state => state.startsWith('T')))
      const answer = server.query('SELECT 1')
      server.thaw()
      expect(await answer).toBe('1')
      expect(statesOf(pids).filter(state => state.startsWith('T'))).toEqual([])
    })

    test('a restart tells its clients, and its parameters hold until the next start', async () => {
      const { name, value, ask } = kind.told
      const { wait, running } = kind.crowded
      const answer = server.queryAs(owner, wait).catch(String)
      await eventually('a statement that runs', async () => (await server.query(running)).includes(wait))
      await server.restart({ [name]: value })
      expect(await answer).toMatch(/terminating connection|Lost connection|Connection was killed/)
      expect(await server.query(ask)).toBe(value)
      await server.restart()
      expect(await server.query(ask)).not.toBe(value)
    })

    test('a wrong password is refused', async () => {
      const stranger = { ...owner, password: 'wrong' }
      await expect(server.queryAs(stranger, 'SELECT 1')).rejects.toThrow(/password/)
    })

    test('another user may do what was allowed, and no more', async () => {
      const guest = { name: 'guest', password: 'for guests', rights: ['SELECT'] } as const
      await server.addUser(guest)
      await server.queryAs(owner, 'CREATE TABLE later (name varchar(20))')
      expect(await server.queryAs(guest, 'SELECT count(*) FROM later')).toBe('0')
      await server.queryAs(guest, 'SELECT count(*) FROM things')
      for (const sql of ['DELETE FROM things', 'CREATE TABLE own (name varchar(20))'])
        await expect(server.queryAs(guest, sql)).rejects.toThrow(/denied/)
    })

    test('it answers whom the tests ask as when the owner has all connections', async () => {
      const { parameters, wait, refused } = kind.crowded
      await server.restart(parameters)
      const asked = Array.from({ length: 11 }, () => server.queryAs(owner, wait).catch(String))
      expect(await Promise.race(asked)).toMatch(refused)
      // Those who are being refused have a connection meanwhile.
      await eventually('an answer', async () => (await server.query('SELECT 1')) === '1')
      await server.restart()
      await Promise.all(asked)
    })

    test('a replica has what the primary has, refuses writes, and takes its place', async () => {
      const primary = await kind.start()
      const replica = await kind.follow(primary, { synchronous: false })
      await primary.queryAs(owner, 'CREATE TABLE things (name varchar(20))')
      await replica.caughtUp()
      const write = "INSERT INTO things VALUES ('new')"
      await expect(replica.queryAs(owner, write)).rejects.toThrow(/read-only/)
      await primary.kill()
      await replica.promote()
      await replica.queryAs(owner, write)
      await replica.restart()
      await replica.queryAs(owner, write)
      expect(await replica.query('SELECT count(*) FROM things')).toBe('2')
      for (const each of [primary, replica]) await each.stop()
    })

    test('a commit waits for a synchronous replica', async () => {
      const primary = await kind.start()
      const replica = await kind.follow(primary, { synchronous: true })
      await primary.queryAs(owner, 'CREATE TABLE things (name varchar(20))')
      replica.freeze()
      let isWritten = false
      const writing = primary.queryAs(owner, "INSERT INTO things VALUES ('new')").then(() => {
        isWritten = true
      })
      await eventually('a commit that waits', () => isWaiting(primary))
      expect(isWritten).toBe(false)
      replica.thaw()
      await writing
      await primary.kill()
      await replica.promote()
      expect(await replica.query('SELECT count(*) FROM things')).toBe('1')
      for (const each of [primary, replica]) await each.stop()
    })

    test('it can be told to keep what a machine without power loses, and to demand TLS', async () => {
      const other = await kind.start({ durable: true, tls: await certificate() })
      expect(await other.query(kind.lasting.ask)).toBe(kind.lasting.yes)
      expect(await server.query(kind.lasting.ask)).toBe(kind.lasting.no)
      expect(await other.queryAs(owner, 'SELECT 1')).toBe('1')
      await expect(kind.withoutTls(other)).rejects.toThrow(/no encryption|Access denied/)
      await other.stop()
    })

    test('no process and no folder is left of one that was stopped', async () => {
      const other = await kind.start()
      const { pids, folder } = other
      expect(pids).not.toEqual([])
      other.freeze()
      await other.stop()
      await haveEnded(pids)
      expect(existsSync(folder)).toBe(false)
    })
  })
}

/** Whether a statement waits until a replica has what it wrote. */
async function isWaiting(primary: SqlServer): Promise<boolean> {
  if (primary instanceof PostgresServer)
    return (await primary.query("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'")) === '1'
  return (await primary.query('SHOW PROCESSLIST')).includes('Waiting for semi-sync ACK')
}

describeService('the PgBouncer of the tests', 'pgbouncer', () => {
  describeService('in front of PostgreSQL', 'postgres', () => {
    let postgres: PostgresServer
    let bouncer: PgBouncer
    beforeAll(async () => {
      postgres = await PostgresServer.start()
      bouncer = await PgBouncer.start(postgres, { parameters: { default_pool_size: 2 } })
    })
    afterAll(async () => {
      for (const server of [bouncer, postgres]) await server.stop()
    })

    test('it lets the users of the database in with their passwords', async () => {
      await postgres.addUser({ name: 'guest', password: 'for guests', rights: [] })
      expect(new URL(bouncer.url).port).toBe(String(bouncer.port))
      expect(await bouncer.queryAs(owner, 'SELECT current_user')).toBe('shop')
      expect(await bouncer.queryAs({ name: 'guest', password: 'for guests' }, 'SELECT 1')).toBe('1')
      await expect(bouncer.queryAs({ ...owner, password: 'wrong' }, 'SELECT 1')).rejects.toThrow(
        /password|SASL/,
      )
    })

    test('it is in transaction mode, and does what it is told', async () => {
      expect(await bouncer.manage('SHOW CONFIG')).toMatch(/^pool_mode\|transaction\|/m)
      expect(await bouncer.manage('SHOW CONFIG')).toMatch(/^default_pool_size\|2\|/m)
      await bouncer.restart({ default_pool_size: 3 })
      expect(await bouncer.manage('SHOW CONFIG')).toMatch(/^default_pool_size\|3\|/m)
    })

    test('it leads to a database that was killed and started', async () => {
      await bouncer.queryAs(owner, 'SELECT 1')
      await postgres.kill()
      await postgres.start()
      await eventually('an answer', async () => (await bouncer.queryAs(owner, 'SELECT 1')) === '1')
    })

    test('it can be killed, started, frozen and thawed, and leaves nothing behind', async () => {
      const other = await PgBouncer.start(postgres)
      await other.kill()
      await expect(other.queryAs(owner, 'SELECT 1')).rejects.toThrow()
      await other.start()
      const { pids, folder } = other
      other.freeze()
      await eventually('a frozen process', async () => statesOf(pids).every(state => state.startsWith('T')))
      other.thaw()
      expect(await other.queryAs(owner, 'SELECT 1')).toBe('1')
      await other.stop()
      await haveEnded(pids)
      expect(existsSync(folder)).toBe(false)
    })
  })
})
