import { afterAll, beforeAll, describe } from 'vitest'
import { describeService } from '../support/services/commands.ts'
import { RedisServer } from '../support/services/redis.ts'
import { drivers, pools } from './redis/clients.ts'
import { tellOfPromises } from './redis/promises.ts'

function tellOf(command: 'redis-server' | 'valkey-server'): void {
  let server: RedisServer
  beforeAll(async () => {
    server = await RedisServer.start({ command })
  })
  afterAll(() => server.stop())

  for (const [driver, connect] of [...drivers, ...pools]) {
    describe(`with a client of ${driver}`, () => {
      tellOfPromises(() => connect(server.port), { steps: 2500 })
    })
  }
}

describeService('a server of Redis', 'redis-server', () => tellOf('redis-server'))
describeService('a server of Valkey', 'valkey-server', () => tellOf('valkey-server'))
