import { createPool, type Pool } from 'mysql2/promise'
import { mysqlStore } from 'sojourn/mysql'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { RoundTrips } from '../../support/round-trips.ts'
import { describeService } from '../../support/services/commands.ts'
import { owner } from '../../support/services/database-server.ts'
import { MariadbServer } from '../../support/services/mariadb.ts'
import { type CountedStore, tellOfRoundTrips } from '../round-trips.ts'

describeService('the round trips to a server of MariaDB for which a request waits', 'mariadbd', () => {
  let server: MariadbServer
  let trips: RoundTrips
  let pool: Pool
  let counted: CountedStore
  let opened = 0
  beforeAll(async () => {
    server = await MariadbServer.start()
    trips = await RoundTrips.start(server.port)
    const { name: user, password, database } = owner
    pool = createPool({ host: '127.0.0.1', port: trips.port, user, password, database, connectionLimit: 3 })
    // Connections are made before anything is counted.
    const connections = await Promise.all([1, 2, 3].map(() => pool.getConnection()))
    for (const connection of connections) connection.release()
  })
  beforeEach(async () => {
    counted = { store: mysqlStore({ pool, prefix: `t${++opened}` }), trips }
    await counted.store.load('none')
  })
  afterAll(async () => {
    await pool.end()
    await trips.stop()
    await server.stop()
  })

  tellOfRoundTrips(() => counted)
})
