import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { openStore } from 'sojourn'
import { type RedisRecords, type RedisStoreOptions, redisStore } from 'sojourn/redis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Command, Link, Words } from '../../../src/stores/redis/link.ts'
import { Replicas } from '../../../src/stores/redis/replicas.ts'
import { describeService } from '../../support/services/commands.ts'
import { eventually } from '../../support/services/eventually.ts'
import { RedisServer } from '../../support/services/redis.ts'
import { TcpProxy } from '../../support/tcp-proxy.ts'
import { drivers, pools } from './clients.ts'
import { tellOfTransport } from './promises.ts'
import { nextOf, recordOf } from './records.ts'

const tooFew = /fewer replicas have answered than the option `replicas` asks for/

/** Each kind of client for one primary. The others are tried behind Sentinel and on a cluster. */
const connects = [...drivers, ...pools].filter(([name]) => name.endsWith('6'))

describeService('a store whose writes wait for a replica', 'redis-server', () => {
  let primary: RedisServer
  /** The way from the replica to the primary. */
  let way: TcpProxy
  let replica: RedisServer
  const ends: (() => unknown)[] = []

  beforeEach(async () => {
    primary = await RedisServer.start()
    way = await TcpProxy.start(primary.port)
    const following = ['--replicaof', '127.0.0.1', String(way.port)]
    replica = await RedisServer.start({ parameters: following })
    await primary.replicated(1)
  })
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
    await replica.stop()
    await way.stop()
    await primary.stop()
  })

  /** Waits until the primary knows that it has no replica. */
  async function loseReplica(): Promise<void> {
    way.close()
    await eventually('a primary without a replica', async () =>
      /connected_slaves:0/.test(String(await primary.send('INFO', 'replication'))),
    )
  }

  for (const [driver, connect] of connects) {
    describe(`with a client of ${driver}`, () => {
      let waiting: RedisRecords
      let hasty: RedisRecords
      beforeEach(async () => {
        const { client, end } = await connect(primary.port)
        ends.push(end)
        waiting = redisStore({ client, replicas: 1 })
        hasty = redisStore({ client })
      })

      test('no answered write is undone when the replica takes over; without the option it is', async () => {
        const [kept, lost] = [recordOf({ subject: 'ada' }), recordOf()]
        expect(await waiting.create(kept)).toBe(true)
        expect(await waiting.replace(nextOf(kept, 'kept'), 1)).toBe('replaced')
        await waiting.exchangeEpoch({
          subject: 'ada',
          next: { epoch: 7, expiresAt: kept.expiresAt, except: undefined },
          expected: undefined,
        })
        await loseReplica()
        await expect(waiting.replace(nextOf(nextOf(kept, 'refused'), 'refused'), 2)).rejects.toThrow(tooFew)
        await expect(waiting.delete(kept.key)).rejects.toThrow(tooFew)
        expect(await hasty.create(lost)).toBe(true)
        await primary.kill()
        await replica.send('REPLICAOF', 'NO', 'ONE')
        const { client, end } = await connect(replica.port)
        ends.push(end)
        const afterwards = redisStore({ client })
        expect(await afterwards.load(kept.key)).toMatchObject(nextOf(kept, 'kept'))
        expect(await afterwards.epochOf('ada')).toMatchObject({ epoch: 7 })
        expect(await afterwards.load(lost.key)).toBeUndefined()
      }, 30_000)

      test('while the replica is away writes fail, reads go before them, and no restart is needed', async () => {
        const record = recordOf()
        await waiting.create(record)
        // The server has the script from now on.
        await waiting.touch(record.key, record)
        await loseReplica()
        await primary.send('CONFIG', 'RESETSTAT')
        const writes = Array.from({ length: 40 }, () => waiting.touch(record.key, record))
        let failed = 0
        const outcomes = writes.map(write =>
          write.catch(() => {
            failed += 1
          }),
        )
        // The first of them have left by now.
        await new Promise(resolve => setTimeout(resolve, 50))
        expect(await waiting.load(record.key)).toEqual(record)
        const [, waits] =
          /cmdstat_wait:calls=(\d+)/.exec(String(await primary.send('INFO', 'commandstats'))) ?? []
        expect(Number(waits)).toBeLessThan(20)
        await eventually('writes that fail', async () => failed > 1)
        way.open()
        await primary.replicated(1)
        await Promise.all(outcomes)
        expect(await waiting.replace(nextOf(record, 'after'), 1)).toBe('replaced')
      }, 30_000)

      test('at start it says that there are too few', async () => {
        await waiting.ready()
        await loseReplica()
        const error: unknown = await waiting.ready().catch(error => error)
        expect(error).toMatchObject({ code: 'STORE_UNUSABLE', cause: { message: 'Reached 0 of 1 replicas' } })
        expect(String(error)).toMatch(tooFew)
        await hasty.ready()
      })

      test('a script that the server has forgotten is sent again, and nobody hears of it', async () => {
        const record = recordOf()
        await waiting.create(record)
        await primary.send('SCRIPT', 'FLUSH')
        expect(await waiting.replace(nextOf(record, 'after'), 1)).toBe('replaced')
      })
    })
  }

  test('a prefix of the client itself stands in front of each key, as without the option', async () => {
    const client = new Redis({ port: primary.port, host: '127.0.0.1', keyPrefix: 'own:' })
    ends.push(() => client.disconnect())
    const store = redisStore({ client, replicas: 1 })
    const record = recordOf({ subject: 'ada' })
    await store.create(record)
    expect(await redisStore({ client }).load(record.key)).toEqual(record)
    expect(await primary.send('EXISTS', `own:sojourn:s:${record.key}`)).toBe(1)
    expect(await store.delete(record.key)).toBe(true)
  })

  test('what waits for its turn when the connection is lost does not leave when it is back', async () => {
    const front = await TcpProxy.start(primary.port)
    ends.push(() => front.stop())
    const client = createClient({ socket: { port: front.port, reconnectStrategy: 100 } })
    client.on('error', () => undefined)
    await client.connect()
    ends.push(() => client.destroy())
    const store = redisStore({ client, replicas: 1 })
    await store.create(recordOf())
    await loseReplica()
    const settling = Array.from({ length: 10 }, () => store.create(recordOf()).catch(() => 'refused'))
    front.close()
    await eventually('a client that has noticed', async () => !client.isReady)
    // Longer than any of them waits for its turn.
    const patience = new Promise(resolve => setTimeout(resolve, 2500))
    await Promise.race([Promise.all(settling), patience])
    const kept = await primary.send('DBSIZE')
    front.open()
    await eventually('a client that is back', async () => client.isReady)
    await client.ping()
    expect(await primary.send('DBSIZE')).toBe(kept)
    expect(new Set(await Promise.all(settling))).toEqual(new Set(['refused']))
  }, 30_000)

  test('by URL it waits too', async () => {
    const store = openStore(`${primary.url}?replicas=1`) as RedisRecords
    ends.push(() => store.close())
    await store.ready()
    await loseReplica()
    await expect(store.create(recordOf())).rejects.toThrow(tooFew)
  })
})

describeService('a store on a primary with a replica', 'redis-server', () => {
  let primary: RedisServer
  let replica: RedisServer
  beforeAll(async () => {
    primary = await RedisServer.start()
    const following = ['--replicaof', '127.0.0.1', String(primary.port)]
    replica = await RedisServer.start({ parameters: following })
    await primary.replicated(1)
  })
  afterAll(async () => {
    await replica.stop()
    await primary.stop()
  })

  for (const [driver, connect] of connects) {
    describe(`with a client of ${driver} and writes that wait for it`, () => {
      tellOfTransport(() => connect(primary.port), { replicas: 1 })
    })
  }
})

test.each([-1, 1.5, 101, '1', Number.NaN])('a count that cannot be meant is refused: %j', replicas => {
  const options = { client: { sendCommand: () => undefined }, replicas }
  expect(() => redisStore(options as unknown as RedisStoreOptions)).toThrow(
    /Expected `replicas` to be a whole number from 0 to 100, got /,
  )
})

test('a count that cannot be meant is refused in a URL', () => {
  expect(() => openStore('redis://localhost?replicas=all')).toThrow(
    /Expected `replicas` to be a whole number/,
  )
})

test('a driver that waits for ever holds up nobody else, and what has waited too long does not leave', async () => {
  vi.useFakeTimers()
  const sent: string[] = []
  const link = {
    isReady: () => true,
    serverOf: () => '',
    sendBoth: ({ key }: Command) => {
      sent.push(key)
      return new Promise<never>(() => undefined)
    },
  }
  const replicas = new Replicas(link as unknown as Link, 1)
  const write = (key: string) => replicas.write({ key, words: ['SET', key, ''], call: undefined })
  for (const key of ['first', 'second']) void write(key)
  const late = write('late')
  const refused = expect(late).rejects.toThrow('No turn to write within')
  await vi.advanceTimersByTimeAsync(2000)
  await refused
  void write('next')
  expect(sent).toEqual(['first', 'second', 'next'])
  vi.useRealTimers()
})

test('replicas that are far away are found again when they are back', async () => {
  const replicas = { areBack: false, answerMs: 6 }
  const link = {
    serverOf: () => '',
    // As a busy server answers, which waits no longer than it was told.
    sendBoth: async (_write: Command, [, , waitMs]: Words) => [
      'OK',
      replicas.areBack && Number(waitMs) >= replicas.answerMs ? 1 : 0,
    ],
  }
  const writes = new Replicas(link as unknown as Link, 1)
  const write = () =>
    writes
      .write({ key: 'key', words: ['SET', 'key', ''], call: undefined })
      .catch((error: Error) => error.message)
  expect(await write()).toBe('Reached 0 of 1 replicas')
  replicas.areBack = true
  await eventually('a write that reaches them', async () => (await write()) === 'OK')
  expect(await write()).toBe('OK')
}, 20_000)
