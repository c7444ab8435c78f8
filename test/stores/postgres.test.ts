import pg from 'pg'
import postgres from 'postgres'
import { type PostgresClient, postgresStore } from 'sojourn/postgres'
import { fakeClock, promisesHold, type StoreHarness, storeContract } from 'sojourn/testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { describeService } from '../support/services/commands.ts'
import { PgBouncer } from '../support/services/pgbouncer.ts'
import { PostgresServer } from '../support/services/postgres.ts'

/** A client that a test has made, and how to close it. */
interface Made {
  readonly client: PostgresClient
  close(): Promise<unknown>
}

const pool = (connectionString: string): Made => {
  const client = new pg.Pool({ connectionString, max: 5 })
  client.on('error', () => undefined)
  return { client, close: () => client.end() }
}
const kinds: readonly (readonly [name: string, make: (urls: Urls) => Made])[] = [
  ['a pool of pg', ({ direct }) => pool(direct)],
  [
    'postgres.js',
    ({ direct }) => {
      const client = postgres(direct, { max: 5, onnotice: () => undefined })
      return { client, close: () => client.end() }
    },
  ],
  [
    'a function',
    ({ direct }) => {
      const { client, close } = pool(direct)
      return { client: (text, values) => (client as pg.Pool).query(text, values), close }
    },
  ],
  ['a pool of pg behind PgBouncer', ({ bounced }) => pool(bounced)],
  ['transactions that are serializable by default', ({ serializable }) => pool(serializable)],
]

interface Urls {
  readonly direct: string
  readonly bounced: string
  readonly serializable: string
}

describeService('the PostgreSQL store', 'postgres', () => {
  let server: PostgresServer
  let bouncer: PgBouncer
  const made: Made[] = []
  let opened = 0
  beforeAll(async () => {
    server = await PostgresServer.start()
    bouncer = await PgBouncer.start(server)
    const serializable = `${server.url}?options=-c%20default_transaction_isolation%3Dserializable`
    const urls = { direct: server.url, bounced: bouncer.url, serializable }
    made.push(...kinds.map(([, make]) => make(urls)))
  })
  afterAll(async () => {
    await Promise.all(made.map(({ close }) => close()))
    await bouncer?.stop()
    await server.stop()
  })

  const openWith = (kind: number) => () => {
    const prefix = `t${++opened}`
    const clock = fakeClock()
    const open = () => postgresStore({ client: made[kind]!.client, prefix, clock })
    return {
      store: open(),
      peer: open,
      now: () => clock.now(),
      advance: (spanMs: number) => clock.jump(spanMs),
    }
  }

  describe.each(kinds.map(([name], kind) => [name, kind] as const))(
    'keeps the contract with %s',
    (_name, kind) => {
      const powers = ['enumerate', 'sweep', 'subjects', 'leases'] as const
      const harness: StoreHarness = { powers, open: openWith(kind) }
      for (const clause of storeContract(harness)) test(clause.name, () => clause.run())
    },
  )

  test('every promise holds', { timeout: 120_000 }, () =>
    promisesHold({ open: openWith(0), seed: 20261201, steps: 3000 }),
  )
})
