import { createClient } from 'redis'
import { type RedisRecords, redisStore } from 'sojourn/redis'
import { fakeClock } from 'sojourn/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { describeService } from '../../support/services/commands.ts'
import { RedisServer } from '../../support/services/redis.ts'
import { recordOf } from './records.ts'

const minute = 60_000

/** @see Issue 13, point 3 */
for (const command of ['redis-server', 'valkey-server'] as const) {
  describeService(`what ready() says of a server: ${command}`, command, () => {
    const ends: (() => unknown)[] = []
    afterEach(async () => {
      for (const end of ends.splice(0).reverse()) await end()
    })

    async function open(parameters: readonly string[] = [], aheadMs = 0): Promise<RedisRecords> {
      const server = await RedisServer.start({ command, parameters })
      ends.push(() => server.stop())
      const client = createClient({ socket: { port: server.port } })
      await client.connect()
      ends.push(() => client.destroy())
      return redisStore({ client, clock: fakeClock(Date.now() + aheadMs) })
    }

    const refusalOf = async (store: RedisRecords): Promise<unknown> =>
      await store.ready().catch(error => error)

    describe('that removes sessions when its memory is full', () => {
      test.each([
        'allkeys-lru',
        'allkeys-lfu',
        'allkeys-random',
        'volatile-lru',
        'volatile-lfu',
        'volatile-random',
        'volatile-ttl',
      ])('with a limit and the policy %s it is refused', async policy => {
        const store = await open(['--maxmemory', '100mb', '--maxmemory-policy', policy])
        expect(await refusalOf(store)).toMatchObject({
          code: 'STORE_UNUSABLE',
          message: `Expected a server for the redis store, but it removes sessions that have not ended when its memory is full, by its \`maxmemory-policy\` ${policy}. Set that to noeviction.`,
        })
      })

      test('it is not one that says so, and one without a limit', async () => {
        await (await open(['--maxmemory', '100mb', '--maxmemory-policy', 'noeviction'])).ready()
        await (await open(['--maxmemory-policy', 'allkeys-lru'])).ready()
      })
    })

    describe('whose clock is another one', () => {
      test.each([
        ['ahead of', -2],
        ['behind', 2],
        ['behind', 60 * 24],
      ])('it is refused when it is %s: %i minutes', async (side, minutes) => {
        const store = await open([], minutes * minute)
        const refusal = await refusalOf(store)
        expect(refusal).toMatchObject({ code: 'STORE_UNUSABLE' })
        expect(String(refusal)).toMatch(
          new RegExp(`its clock is \\d+ seconds ${side} this machine's. Set both by NTP\\.$`),
        )
      })

      test.each([-20_000, 0, 20_000])(
        'it is not refused for less than half a minute: %i ms',
        async aheadMs => {
          await (await open([], aheadMs)).ready()
        },
      )
    })

    test('nothing is held against a server that does not tell this user how it is', async () => {
      const store = await open('--user default on nopass ~* &* +@all -info'.split(' '), 5 * minute)
      await store.ready()
    })

    test('create never says that a record is kept which the server has removed by its own clock', async () => {
      const store = await open([], -120 * minute)
      const record = recordOf({ subject: 'ada', expiresAt: Date.now() - 119 * minute })
      const creating = store.create(record)
      await expect(creating).rejects.toThrow('its clock is so far ahead that it removed the session at once')
      expect(await store.load(record.key)).toBeUndefined()
    })

    test('and so does no other write', async () => {
      const store = await open([], -120 * minute)
      const end = Date.now() - 119 * minute
      const long = recordOf({ expiresAt: Date.now() + 600 * minute })
      expect(await store.create(long)).toBe(true)
      await expect(store.replace({ ...long, version: 2, expiresAt: end }, 1)).rejects.toThrow('so far ahead')
      const epoch = { epoch: 1, except: undefined, expiresAt: end }
      await expect(store.exchangeEpoch({ subject: 'ada', next: epoch, expected: undefined })).rejects.toThrow(
        'so far ahead',
      )
    })
  })
}
