import { afterAll, beforeAll, describe } from 'vitest'
import { describeService } from '../support/services/commands.ts'
import { RedisServer } from '../support/services/redis.ts'
import { drivers, pools } from './redis/clients.ts'
import { tellOfPromises, tellOfTransport } from './redis/promises.ts'

/** One driver proves the contract of the server, and all prove what lies between. */
function tellOf(command: 'redis-server' | 'valkey-server', whole: string): void {
  let server: RedisServer
  beforeAll(async () => {
    server = await RedisServer.start({ command })
  })
  afterAll(() => server.stop())

  for (const [driver, connect] of [...drivers, ...pools]) {
    const tell = driver === whole ? tellOfPromises : tellOfTransport
    describe(`with a client of ${driver}`, () => tell(() => connect(server.port)))
  }
}

describeService('a server of Redis', 'redis-server', () => tellOf('redis-server', 'node-redis 6'))
describeService('a server of Valkey', 'valkey-server', () => tellOf('valkey-server', 'ioredis 6'))
