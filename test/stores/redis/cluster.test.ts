import { Redis } from 'ioredis'
import { Redis as Redis5 } from 'ioredis5'
import { createCluster } from 'redis'
import { createCluster as createCluster5 } from 'redis5'
import { openStore } from 'sojourn'
import { type RedisRecords, redisStore } from 'sojourn/redis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeService } from '../../support/services/commands.ts'
import { RedisCluster } from '../../support/services/redis-cluster.ts'
import { installed, packages } from './installed.ts'
import { type Connected, tellOfPromises, tellOfTransport } from './promises.ts'
import { nextOf, recordOf } from './records.ts'
import { untilAnswered } from './until-answered.ts'

type Connect = (ports: readonly number[]) => Promise<Connected>

function sending(make: typeof createCluster | typeof createCluster5): Connect {
  return async ports => {
    const rootNodes = ports.map(port => ({ socket: { host: '127.0.0.1', port } }))
    // Both versions take these options.
    const client = (make as typeof createCluster)({ rootNodes })
    client.on('error', () => undefined)
    await client.connect()
    return { client, end: () => client.destroy() }
  }
}

function calling(Client: typeof Redis | typeof Redis5): Connect {
  return async ports => {
    // Both versions take these options.
    const client = new (Client as typeof Redis).Cluster(ports.map(port => ({ host: '127.0.0.1', port })))
    client.on('error', () => undefined)
    return { client, end: () => client.disconnect() }
  }
}

const drivers: readonly (readonly [name: string, connect: Connect])[] = [
  ['node-redis 6', sending(createCluster)],
  ['node-redis 5', sending(createCluster5)],
  ['ioredis 6', calling(Redis)],
  ['ioredis 5', calling(Redis5)],
]

describeService('a cluster of three primaries and three replicas', 'redis-server', () => {
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await RedisCluster.start()
  }, 60_000)
  afterAll(() => cluster.stop())

  for (const [driver, connect] of drivers) {
    const tell = driver === 'node-redis 6' ? tellOfPromises : tellOfTransport
    describe(`with a client of ${driver}`, () => tell(() => connect(cluster.ports)))
    const tellWaiting = driver === 'ioredis 6' ? tellOfPromises : tellOfTransport
    describe(`with a client of ${driver} and writes that wait for a replica`, () => {
      tellWaiting(() => connect(cluster.ports), { replicas: 1 })
    })
  }

  describe('when a primary is killed', () => {
    for (const [driver, connect] of drivers) {
      test(`the next calls go to its replica, and it does not forget, with a client of ${driver}`, async () => {
        const connected = await connect(cluster.ports)
        await expectFailover(redisStore({ client: connected.client }), driver)
        await connected.end()
      }, 60_000)
    }

    for (const [driver, name, version] of packages) {
      test(`the next calls go to its replica, and it does not forget, with a URL and ${driver}`, async () => {
        const hosts = cluster.ports.map(port => `127.0.0.1:${port}`).join(',')
        const store = installed(
          name,
          version,
          () => openStore(`redis+cluster://${hosts}?driver=${name}`) as RedisRecords,
        )
        await expectFailover(store, `the URL of ${driver}`)
        await store.close()
      }, 60_000)
    }

    async function expectFailover(store: RedisRecords, subject: string): Promise<void> {
      await store.ready()
      const record = recordOf({ subject })
      await store.create(record)
      const former = await cluster.primaryOf(`sojourn:s:${record.key}`)
      await former.replicated(1)
      await former.kill()
      const found = await untilAnswered(() => store.load(record.key))
      expect(found).toEqual(record)
      expect(await untilAnswered(() => store.replace(nextOf(record, 'after'), 1))).toBe('replaced')
      expect((await untilAnswered(() => store.ofSubject(subject))).sessions).toHaveLength(1)
      await former.start()
      await cluster.isWhole()
    }
  })

  for (const [driver, name, version] of packages) {
    test(`a store that is opened while nobody is there works as soon as they are, with ${driver}`, async () => {
      await cluster.killAll()
      const hosts = cluster.ports.map(port => `127.0.0.1:${port}`).join(',')
      const store = installed(
        name,
        version,
        () => openStore(`redis+cluster://${hosts}?driver=${name}`) as RedisRecords,
      )
      await expect(store.load('none')).rejects.toThrow(/Expected the server to answer/)
      await cluster.startAll()
      expect(await untilAnswered(() => store.load('none'))).toBeUndefined()
      await store.close()
    }, 60_000)
  }
})
