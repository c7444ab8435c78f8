import { randomUUID } from 'node:crypto'
import { type RedisClient, redisStore } from 'sojourn/redis'
import { fakeClock, promisesHold, type StoreBench, storeContract } from 'sojourn/testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { describeService } from '../support/services/commands.ts'
import { RedisServer } from '../support/services/redis.ts'
import { drivers, pools, type TestClient } from './redis/clients.ts'

/** An empty store. What others have left on the server is under other prefixes. */
function bench(client: RedisClient): StoreBench {
  const clock = fakeClock()
  const store = redisStore({ client, clock, prefix: `${randomUUID()}:` })
  return {
    store,
    now: () => clock.now(),
    advance: spanMs => clock.jump(spanMs),
    close: () => store.close(),
  }
}

function tellOf(command: 'redis-server' | 'valkey-server'): void {
  let server: RedisServer
  beforeAll(async () => {
    server = await RedisServer.start({ command })
  })
  afterAll(() => server.stop())

  for (const [driver, connect] of [...drivers, ...pools]) {
    describe(`with a client of ${driver}`, () => {
      let connected: TestClient
      beforeAll(async () => {
        connected = await connect(server.port)
      })
      afterAll(() => connected.end())
      const open = () => bench(connected.client)

      describe('the redis store keeps the contract', () => {
        for (const clause of storeContract({ powers: ['enumerate', 'subjects'], open })) {
          test(clause.name, () => clause.run())
        }
      })

      test('every promise holds through thousands of random steps', async () => {
        await promisesHold({ open, steps: 2500 })
      }, 120_000)
    })
  }
}

describeService('a server of Redis', 'redis-server', () => tellOf('redis-server'))
describeService('a server of Valkey', 'valkey-server', () => tellOf('valkey-server'))
