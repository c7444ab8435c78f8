import { redisStore } from 'sojourn/redis'
import { afterAll, beforeAll, beforeEach, describe } from 'vitest'
import { RoundTrips } from '../../support/round-trips.ts'
import { describeService } from '../../support/services/commands.ts'
import { RedisServer } from '../../support/services/redis.ts'
import { type CountedStore, tellOfRoundTrips } from '../round-trips.ts'
import { drivers, pools, type TestClient } from './clients.ts'

describeService('the round trips to a server of Redis for which a request waits', 'redis-server', () => {
  let server: RedisServer
  let trips: RoundTrips
  beforeAll(async () => {
    server = await RedisServer.start()
    trips = await RoundTrips.start(server.port)
  })
  afterAll(async () => {
    await trips.stop()
    await server.stop()
  })

  for (const [name, connect] of [...drivers, ...pools].filter(([driver]) => driver.endsWith('6'))) {
    describe(`with a client of ${name}`, () => {
      let connected: TestClient
      let counted: CountedStore
      beforeAll(async () => {
        connected = await connect(trips.port)
      })
      beforeEach(async () => {
        await server.send('FLUSHALL')
        counted = { store: redisStore({ client: connected.client }), trips }
        await counted.store.load('none')
      })
      afterAll(() => connected.end())

      tellOfRoundTrips(() => counted)
    })
  }
})
