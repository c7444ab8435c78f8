import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BuiltSources } from '../../support/built-sources.ts'
import { describeService } from '../../support/services/commands.ts'
import type { RedisServer } from '../../support/services/redis.ts'
import { RedisCluster } from '../../support/services/redis-cluster.ts'
import { primaryName, RedisSentinels } from '../../support/services/redis-sentinel.ts'
import { Crowd } from '../../support/shops/crowd.ts'
import { Shops } from '../../support/shops/shops.ts'
import { type Strike, windowMs } from '../../support/shops/stay.ts'
import { packages } from './installed.ts'

/** How many things each of the hundred customers does after the failover, none of which may fail. */
const turnsAfterwards = 12
/** How often each of them was answered before anything happens. */
const answersBefore = 10

let sources: BuiltSources
beforeAll(() => {
  sources = new BuiltSources('test/support/shops')
})
afterAll(() => sources.remove())

/** What happens to the servers while the shop is full. */
interface Failover {
  readonly url: string
  readonly driver: string
  readonly version: string
  kill(): Promise<Strike>
}

/** Two processes of a shop with fifty customers each go through a failover; answers what was broken. */
async function expectPromises({ url, driver, version, kill }: Failover): Promise<void> {
  const program = sources.program('test/support/shops/programs/shop')
  const shops = await Shops.open({ program, url, driver, version })
  const crowd = new Crowd(shops.ports)
  try {
    await crowd.comeIn(answersBefore)
    // All of that is older now than what a failover may lose.
    await pause(windowMs)
    const strike = await kill()
    await crowd.goOn(turnsAfterwards)
    expect(await crowd.brokenPromises(strike)).toEqual({})
    expect([shops.running, shops.printed]).toEqual([2, ''])
  } finally {
    await crowd.goHome()
    await shops.close()
  }
}

async function struck(server: RedisServer): Promise<Strike> {
  const at = Date.now()
  await server.kill()
  return { at, goneAt: Date.now() }
}

describeService('two server processes whose primary is killed', 'redis-server', () => {
  let group: RedisSentinels
  beforeAll(async () => {
    group = await RedisSentinels.start()
  }, 60_000)
  afterAll(() => group.stop())

  for (const [name, driver, version] of packages) {
    test(`keep every promise to a hundred customers, with ${name}`, async () => {
      const hosts = group.ports.map(port => `127.0.0.1:${port}`).join(',')
      const url = `redis+sentinel://${hosts}/${primaryName}?driver=${driver}`
      const former = await group.primary()
      const kill = async (): Promise<Strike> => {
        const strike = await struck(former)
        await group.succeeded(former)
        return strike
      }
      await expectPromises({ url, driver, version, kill })
      await group.rejoin(former)
    }, 120_000)
  }
})

describeService('two server processes on a cluster, one primary of which is killed', 'redis-server', () => {
  /** A key that the primary has which is to be killed. */
  const key = 'any'
  let cluster: RedisCluster
  beforeAll(async () => {
    cluster = await RedisCluster.start()
  }, 60_000)
  afterAll(() => cluster.stop())

  // That the older versions go on as well is told in `cluster.test.ts`.
  for (const [name, driver, version] of packages.filter(([name]) => name.endsWith('6'))) {
    test(`keep every promise to a hundred customers, with ${name}`, async () => {
      const hosts = cluster.ports.map(port => `127.0.0.1:${port}`).join(',')
      const url = `redis+cluster://${hosts}?driver=${driver}`
      const former = await cluster.primaryOf(key)
      const kill = async (): Promise<Strike> => {
        const strike = await struck(former)
        await cluster.succeeded(former, key)
        return strike
      }
      await expectPromises({ url, driver, version, kill })
      await former.start()
      await cluster.isWhole()
      await (await cluster.primaryOf(key)).replicated(1)
    }, 120_000)
  }
})
