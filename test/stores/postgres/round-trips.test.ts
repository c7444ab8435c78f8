import pg from 'pg'
import { postgresStore } from 'sojourn/postgres'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { RoundTrips } from '../../support/round-trips.ts'
import { describeService } from '../../support/services/commands.ts'
import { owner } from '../../support/services/database-server.ts'
import { PostgresServer } from '../../support/services/postgres.ts'
import { type CountedStore, tellOfRoundTrips } from '../round-trips.ts'

describeService('the round trips to a server of PostgreSQL for which a request waits', 'postgres', () => {
  let server: PostgresServer
  let trips: RoundTrips
  let pool: pg.Pool
  let counted: CountedStore
  let opened = 0
  beforeAll(async () => {
    server = await PostgresServer.start()
    trips = await RoundTrips.start(server.port)
    const { name: user, password, database } = owner
    pool = new pg.Pool({ host: '127.0.0.1', port: trips.port, user, password, database, max: 3 })
    // Connections are made before anything is counted.
    const connections = await Promise.all([1, 2, 3].map(() => pool.connect()))
    for (const connection of connections) connection.release()
  })
  beforeEach(async () => {
    counted = { store: postgresStore({ client: pool, prefix: `t${++opened}` }), trips }
    await counted.store.load('none')
  })
  afterAll(async () => {
    await pool.end()
    await trips.stop()
    await server.stop()
  })

  tellOfRoundTrips(() => counted)
})
