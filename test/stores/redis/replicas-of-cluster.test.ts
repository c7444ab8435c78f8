import { Redis } from 'ioredis'
import { createCluster } from 'redis'
import type { SessionRecord } from 'sojourn'
import { redisStore } from 'sojourn/redis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeService } from '../../support/services/commands.ts'
import { eventually } from '../../support/services/eventually.ts'
import { RedisCluster } from '../../support/services/redis-cluster.ts'
import type { Connected } from './promises.ts'
import { nextOf, recordOf } from './records.ts'

/** A client that may put something of its own in front of each key. */
interface Prefixing extends Connected {
  readonly keyPrefix: string
}

describeService('writes that wait for a replica, on a cluster', 'redis-server', () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await RedisCluster.start()
  }, 60_000)
  afterAll(() => cluster.stop())

  const connects: readonly (readonly [name: string, connect: () => Promise<Prefixing>])[] = [
    [
      'node-redis',
      async () => {
        const rootNodes = cluster.ports.map(port => ({ socket: { host: '127.0.0.1', port } }))
        const client = await createCluster({ rootNodes }).connect()
        return { client, keyPrefix: '', end: () => client.destroy() }
      },
    ],
    [
      'ioredis',
      async () => {
        const nodes = cluster.ports.map(port => ({ host: '127.0.0.1', port }))
        const keyPrefix = 'own:'
        const client = new Redis.Cluster(nodes, { keyPrefix })
        return { client, keyPrefix, end: () => client.disconnect() }
      },
    ],
  ]

  /** A store that knows the cluster, and a record that is not there yet. */
  async function opened(connect: () => Promise<Prefixing>) {
    const { client, keyPrefix, end } = await connect()
    const store = redisStore({ client, replicas: 1 })
    await store.ready()
    expect(await store.create(recordOf())).toBe(true)
    const record = recordOf()
    return { store, record, key: `${keyPrefix}sojourn:s:${record.key}`, end }
  }

  test.each(connects)(
    'follow a key that another server has been given, with a client of %s',
    async (_driver, connect) => {
      const { store, record, key, end } = await opened(connect)
      await cluster.moveSlotOf(key)
      expect(await store.create(record)).toBe(true)
      expect(await store.replace(nextOf(record, 'after'), 1)).toBe('replaced')
      await end()
    },
    30_000,
  )

  test.each(connects)(
    'go where a slot is moving to, and wait there, with a client of %s',
    async (_driver, connect) => {
      const { store, record, key, end } = await opened(connect)
      await cluster.moveSlotOf(key, async () => {
        expect(await store.create(record)).toBe(true)
        expect(await store.replace(nextOf(record, 'meanwhile'), 1)).toBe('replaced')
        const replicas = cluster.servers.slice(3)
        for (const replica of replicas) replica.pause()
        const refused = store.touch(record.key, record)
        await expect(refused).rejects.toThrow(/replicas/)
        for (const replica of replicas) replica.resume()
      })
      expect(await store.load(record.key)).toEqual(nextOf(record, 'meanwhile'))
      await end()
    },
    30_000,
  )

  test.each(connects)(
    'hold up nobody at the others while one primary has lost its replica, with a client of %s',
    async (_driver, connect) => {
      const { client, keyPrefix, end } = await connect()
      const store = redisStore({ client, replicas: 1 })
      await store.ready()
      const [first, , , itsReplica] = cluster.servers
      const [there, elsewhere]: [SessionRecord[], SessionRecord[]] = [[], []]
      while (there.length < 10 || elsewhere.length < 10) {
        const record = recordOf()
        const key = `${keyPrefix}sojourn:s:${record.key}`
        const records = (await cluster.primaryOf(key)) === first ? there : elsewhere
        records.push(record)
        await store.create(record)
      }
      itsReplica!.pause()
      const writeAll = (records: SessionRecord[]) =>
        Promise.all(records.map(record => store.touch(record.key, record)))
      let isOver = false
      const refused = there.map(async record => {
        while (!isOver) await expect(store.touch(record.key, record)).rejects.toThrow()
      })
      try {
        for (let round = 0; round < 30; round += 1) await writeAll(elsewhere)
      } finally {
        isOver = true
        await Promise.all(refused)
        itsReplica!.resume()
      }
      await eventually('a replica that is back', () => writeAll(there).then(() => true))
      await end()
    },
    20_000,
  )
})
