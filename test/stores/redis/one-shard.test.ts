import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { type RedisRecords, redisStore } from 'sojourn/redis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeService } from '../../support/services/commands.ts'
import { eventually } from '../../support/services/eventually.ts'
import { RedisServer } from '../../support/services/redis.ts'
import { freePort } from '../../support/services/server-process.ts'
import { nextOf, recordOf } from './records.ts'

describeService('a cluster of one server, and a client that knows of no cluster', 'redis-server', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await RedisServer.start({
      parameters: ['--cluster-enabled', 'yes', '--cluster-port', `${await freePort()}`],
    })
    await server.send('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
    await eventually('a cluster that is whole', async () =>
      /cluster_state:ok/.test(String(await server.send('CLUSTER', 'INFO'))),
    )
  })
  afterAll(() => server.stop())

  const clients = {
    'node-redis': async () => {
      const client = await createClient({ url: server.url }).connect()
      return { client, end: () => client.destroy() }
    },
    ioredis: async () => {
      const client = new Redis(server.port, '127.0.0.1')
      return { client, end: () => client.disconnect() }
    },
  }

  describe.each(Object.entries(clients))('with %s', (subject, connect) => {
    test('every verb works, though no script may have keys of two slots', async () => {
      const { client, end } = await connect()
      const expiresAt = Date.now() + 60_000
      // Each verb is the first of a store once, because a store learns from its first refusal.
      const open = (): RedisRecords => redisStore({ client })
      const record = recordOf({ subject })
      expect(await open().create(record)).toBe(true)
      expect(await open().replace(nextOf(record, 'next'), 1)).toBe('replaced')
      expect(await open().touch(record.key, record)).toBe(true)
      const next = { epoch: 5, except: undefined, expiresAt }
      expect(await open().exchangeEpoch({ subject, next, expected: 0 })).toBe(5)
      expect(await open().load(record.key)).toMatchObject({ data: 'next', subjectEpoch: next })
      expect(await open().ofSubject(subject)).toMatchObject({ sessions: [{ key: record.key }], epoch: next })
      expect(await open().endBelow(subject, next)).toEqual([record.key])
      end()
    })
  })
})
