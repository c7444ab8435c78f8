import { Redis } from 'ioredis'
import { Redis as Redis5 } from 'ioredis5'
import { createSentinel } from 'redis'
import { createSentinel as createSentinel5 } from 'redis5'
import { openStore } from 'sojourn'
import type { RedisRecords } from 'sojourn/redis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeService } from '../../support/services/commands.ts'
import { primaryName, RedisSentinels } from '../../support/services/redis-sentinel.ts'
import { installed, packages } from './installed.ts'
import { type Connected, tellOfPromises, tellOfTransport } from './promises.ts'
import { nextOf, recordOf } from './records.ts'
import { untilAnswered } from './until-answered.ts'

type Connect = (ports: readonly number[]) => Promise<Connected>

function sending(make: typeof createSentinel | typeof createSentinel5): Connect {
  return async ports => {
    const sentinelRootNodes = ports.map(port => ({ host: '127.0.0.1', port }))
    // Both versions take these options.
    const client = (make as typeof createSentinel)({ name: primaryName, sentinelRootNodes })
    client.on('error', () => undefined)
    await client.connect()
    return { client, end: () => client.destroy() }
  }
}

function calling(Client: typeof Redis | typeof Redis5): Connect {
  return async ports => {
    const sentinels = ports.map(port => ({ host: '127.0.0.1', port }))
    // Both versions take these options.
    const client = new (Client as typeof Redis)({ sentinels, name: primaryName })
    client.on('error', () => undefined)
    return { client, end: () => client.disconnect() }
  }
}

const drivers: readonly (readonly [name: string, connect: Connect])[] = [
  ['node-redis 6', sending(createSentinel)],
  ['node-redis 5', sending(createSentinel5)],
  ['ioredis 6', calling(Redis)],
  ['ioredis 5', calling(Redis5)],
]

describeService('a primary with two replicas and three sentinels', 'redis-server', () => {
  let group: RedisSentinels
  beforeAll(async () => {
    group = await RedisSentinels.start()
  }, 60_000)
  afterAll(() => group.stop())

  for (const [driver, connect] of drivers) {
    const tell = driver === 'ioredis 6' ? tellOfPromises : tellOfTransport
    describe(`with a client of ${driver}`, () => tell(() => connect(group.ports)))
    const tellWaiting = driver === 'node-redis 6' ? tellOfPromises : tellOfTransport
    describe(`with a client of ${driver} and writes that wait for a replica`, () => {
      tellWaiting(() => connect(group.ports), { replicas: 1 })
    })
  }

  describe('when the primary is killed', () => {
    for (const [driver, name, version] of packages) {
      test(`the next calls go to the server in its place, and it does not forget, with a URL and ${driver}`, async () => {
        const hosts = group.ports.map(port => `127.0.0.1:${port}`).join(',')
        const store = installed(
          name,
          version,
          () => openStore(`redis+sentinel://${hosts}/${primaryName}?driver=${name}`) as RedisRecords,
        )
        await store.ready()
        const record = recordOf({ subject: driver })
        await store.create(record)
        const former = await group.primary()
        await former.replicated(2)
        await former.kill()
        await group.succeeded(former)
        const found = await untilAnswered(() => store.load(record.key))
        expect(found).toEqual(record)
        expect(await store.replace(nextOf(record, 'after'), 1)).toBe('replaced')
        expect((await store.ofSubject(driver)).sessions).toHaveLength(1)
        await store.close()
        await group.rejoin(former)
      }, 60_000)
    }
  })

  describe('when all of them are started late', () => {
    let late: RedisSentinels
    beforeAll(async () => {
      late = await RedisSentinels.start()
    }, 60_000)
    afterAll(() => late.stop())

    for (const [driver, name, version] of packages) {
      test(`a store that is opened while nobody is there works as soon as they are, with ${driver}`, async () => {
        await late.killAll()
        const hosts = late.ports.map(port => `127.0.0.1:${port}`).join(',')
        const store = installed(
          name,
          version,
          () => openStore(`redis+sentinel://${hosts}/${primaryName}?driver=${name}`) as RedisRecords,
        )
        await expect(store.load('none')).rejects.toThrow(/Expected the server to answer/)
        await late.startAll()
        expect(await untilAnswered(() => store.load('none'))).toBeUndefined()
        await store.close()
      }, 60_000)
    }
  })
})
