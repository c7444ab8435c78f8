import { openStore } from 'sojourn'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeService } from '../../support/services/commands.ts'
import { RedisServer } from '../../support/services/redis.ts'
import { nextOf, recordOf } from './records.ts'

/** What the page of the store lists. */
const needed = [
  ...['get', 'getdel', 'eval', 'evalsha', 'zadd', 'zrange', 'zrem', 'scan'],
  ...['set', 'del', 'zremrangebyscore', 'pexpireat', 'persist'],
]

describeService('a user who may do no more than the page of the store lists', 'redis-server', () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await RedisServer.start()
    const rules = ['reset', 'on', '>sesame', '~sojourn:*', ...needed.map(name => `+${name}`)]
    await server.send('ACL', 'SETUSER', 'shop', ...rules)
  })
  afterAll(() => server.stop())

  for (const driver of ['redis', 'ioredis']) {
    test(`can do everything that the store does, with ${driver}`, async () => {
      const store = openStore(`redis://shop:sesame@127.0.0.1:${server.port}?driver=${driver}`)
      const record = recordOf({ subject: driver, expiresAt: Number.POSITIVE_INFINITY })
      expect(await store.create(record)).toBe(true)
      expect(await store.replace(nextOf(record, 'next'), 1)).toBe('replaced')
      expect(await store.touch(record.key, record)).toBe(true)
      await store.exchangeEpoch({
        subject: driver,
        next: { epoch: 1, except: undefined, expiresAt: Date.now() + 5000 },
        expected: undefined,
      })
      expect((await store.epochOf(driver))?.epoch).toBe(1)
      expect((await store.ofSubject(driver)).sessions).toHaveLength(1)
      const keys: string[] = []
      for await (const { key } of store.records()) keys.push(key)
      expect(keys).toEqual([record.key])
      expect(await store.delete(record.key)).toBe(true)
      expect(await store.load(record.key)).toBeUndefined()
      await store.close()
    })
  }
})
