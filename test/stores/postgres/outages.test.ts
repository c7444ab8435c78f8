import pg from 'pg'
import { afterAll, beforeAll } from 'vitest'
import { PostgresRecords } from '../../../src/stores/postgres.ts'
import { describeService } from '../../support/services/commands.ts'
import { PostgresServer } from '../../support/services/postgres.ts'
import { tellOfOutages } from '../sql-outages.ts'

describeService('the PostgreSQL store', 'postgres', () => {
  let server: PostgresServer
  let made = 0
  beforeAll(async () => {
    server = await PostgresServer.start()
  })
  afterAll(() => server.stop())

  const open = (port = server.port) => {
    const { href } = Object.assign(new URL(server.url), { port })
    const pool = new pg.Pool({ connectionString: href, max: 2 })
    pool.on('error', () => undefined)
    return new PostgresRecords({ client: pool, prefix: `t${++made}` }, () => pool.end())
  }
  tellOfOutages(() => ({ server, open }))
})
