import { randomUUID } from 'node:crypto'
import type { SessionRecord } from 'sojourn'
import { type RedisRecords, redisStore } from 'sojourn/redis'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { describeService } from '../../support/services/commands.ts'
import { eventually } from '../../support/services/eventually.ts'
import { RedisServer } from '../../support/services/redis.ts'
import { TcpProxy } from '../../support/tcp-proxy.ts'
import { drivers, pools, type TestClient } from './clients.ts'
import { nextOf, recordOf } from './records.ts'
import { untilAnswered } from './until-answered.ts'

describeService('a server that goes away and comes back', 'redis-server', () => {
  for (const [driver, connect] of [...drivers, ...pools]) {
    describe(`with a client of ${driver}`, () => {
      const ends: (() => unknown)[] = []
      afterEach(async () => {
        for (const end of ends.splice(0).reverse()) await end()
      })

      async function opened(parameters: readonly string[] = []): Promise<{
        server: RedisServer
        store: RedisRecords
        hasNoticed: () => Promise<boolean>
      }> {
        const server = await RedisServer.start({ parameters })
        ends.push(() => server.stop())
        const connected = await connect(server.port)
        ends.push(() => connected.end())
        return {
          server,
          store: redisStore({ client: connected.client }),
          hasNoticed: async () => !connected.isConnected(),
        }
      }

      test('a script that the server forgets in the middle is loaded again, and nobody hears of it', async () => {
        const { server, store } = await opened()
        const record = recordOf()
        await server.send('SCRIPT', 'FLUSH')
        expect(await store.create(record)).toBe(true)
        await server.send('SCRIPT', 'FLUSH')
        const answers = [1, 2, 3].map(version => store.replace(nextOf(record, `${version}`), 1))
        expect((await Promise.all(answers)).filter(answer => answer === 'replaced')).toHaveLength(1)
        await server.send('SCRIPT', 'FLUSH')
        expect(await store.touch(record.key, record)).toBe(true)
      })

      test('after a kill and a start the next call works, with what the server had saved', async () => {
        const { server, store } = await opened(['--appendonly', 'yes', '--appendfsync', 'always'])
        const record = recordOf({ subject: 'ada' })
        await store.create(record)
        await server.kill()
        await server.start()
        expect(await store.load(record.key)).toEqual(record)
        expect(await store.replace(nextOf(record, 'after'), 1)).toBe('replaced')
        expect((await store.ofSubject('ada')).sessions).toHaveLength(1)
      })

      test('after a kill of a server that saves nothing there is no session, and no error', async () => {
        const { server, store } = await opened()
        const record = recordOf({ subject: 'ada' })
        await store.create(record)
        await server.kill()
        await server.start()
        expect(await store.load(record.key)).toBeUndefined()
        expect(await store.replace(nextOf(record, 'after'), 1)).toBe('gone')
        expect(await store.create(record)).toBe(true)
      })

      test('while there is no server a call fails, and is not made later', async () => {
        const { server, store, hasNoticed } = await opened()
        await store.load('none')
        await server.kill()
        await eventually('the client to have noticed', hasNoticed)
        await haveAllNoticed(store)
        const record = recordOf()
        // The server comes back only after the answer.
        await expect(store.create(record)).rejects.toThrow(/connect/)
        await server.start()
        expect(await untilAnswered(() => store.load(record.key))).toBeUndefined()
      })

      test('calls that are under way when the server is killed all end', async () => {
        const { server, store } = await opened()
        await store.load('none')
        server.pause()
        const calls = Array.from({ length: 20 }, () => store.create(recordOf()))
        const ending = Promise.allSettled(calls)
        await server.kill()
        await server.start()
        for (const { status } of await ending) expect(['fulfilled', 'rejected']).toContain(status)
        expect(await store.create(recordOf())).toBe(true)
      })
    })
  }
})

/** A pool finds out of each of its connections apart that it is gone. */
async function haveAllNoticed(store: RedisRecords): Promise<void> {
  await Promise.allSettled(Array.from({ length: 5 }, () => store.load('none')))
}

/** So that what is lost later is the answer of a script, and not that the server does not know it yet. */
async function useEveryScript(store: RedisRecords): Promise<void> {
  const record = recordOf({ subject: 'nobody' })
  await store.create(record)
  await store.replace(nextOf(record, ''), 1)
  await store.touch(record.key, record)
  await store.exchangeEpoch({
    subject: 'nobody',
    next: { epoch: 1, except: undefined, expiresAt: record.expiresAt },
    expected: undefined,
  })
}

describeService('a connection that is reset after a write and before its answer', 'redis-server', () => {
  for (const [driver, connect] of [...drivers, ...pools]) {
    describe(`with a client of ${driver}`, () => {
      let server: RedisServer
      let proxy: TcpProxy
      let connected: TestClient
      let direct: TestClient
      let store: RedisRecords
      let other: RedisRecords

      beforeEach(async () => {
        server = await RedisServer.start()
        proxy = await TcpProxy.start(server.port)
        connected = await connect(proxy.port)
        direct = await connect(server.port)
        store = redisStore({ client: connected.client })
        other = redisStore({ client: direct.client })
        await useEveryScript(store)
      })
      afterEach(async () => {
        await connected.end()
        await direct.end()
        await proxy.stop()
        await server.stop()
      })

      /** Makes a call whose answer is lost, and answers what the caller is told: `failed` for an error. */
      async function told<Answer>(
        text: string,
        call: () => Promise<Answer>,
        meanwhile: () => Promise<unknown> = async () => undefined,
      ): Promise<Answer | 'failed'> {
        const losing = proxy.loseAnswerTo(text)
        const calling = call().catch((error: Error) => {
          expect(error.message).toContain('the connection was lost')
          return 'failed' as const
        })
        await losing
        await meanwhile()
        proxy.open()
        const answer = await calling
        await haveAllNoticed(store)
        return answer
      }

      /** A driver that sends again learns that it is done; one that does not leaves it open. Neither is misled. */
      function expectTruth<Answer>(answer: Answer | 'failed', done: Answer): void {
        expect(answer).toEqual(connected.sendsAgain ? done : 'failed')
      }

      test('a replacement is made once, and is no change of somebody else', async () => {
        const record = recordOf()
        await store.create(record)
        const next = nextOf(record, 'lost answer')
        expectTruth(await told('lost answer', () => store.replace(next, 1)), 'replaced')
        expect(await store.load(record.key)).toEqual(next)
      })

      test('a replacement is known to be made although many others came before it was sent again', async () => {
        const record = recordOf()
        await store.create(record)
        const next = nextOf(record, 'lost answer')
        let last: SessionRecord = next
        const answer = await told(
          'lost answer',
          () => store.replace(next, 1),
          async () => {
            for (let turn = 0; turn < 50; turn += 1) {
              const following = nextOf(last, `other ${turn}`)
              expect(await other.replace(following, last.version)).toBe('replaced')
              last = following
            }
          },
        )
        expectTruth(answer, 'replaced')
        expect(await store.load(record.key)).toEqual(last)
      })

      test('a creation is made once, and its key is not taken by somebody else', async () => {
        const record = recordOf({ data: 'lost answer', subject: 'ada' })
        expectTruth(await told('lost answer', () => store.create(record)), true)
        expect(await store.create(record)).toBe(false)
        expect((await store.ofSubject('ada')).sessions).toEqual([{ ...record, data: '' }])
      })

      test('an ending is not undone by what is sent again', async () => {
        const record = recordOf()
        await store.create(record)
        const next = nextOf(record, 'lost answer')
        const answer = await told(
          'lost answer',
          () => store.replace(next, 1),
          async () => other.delete(record.key),
        )
        expectTruth(answer, 'gone')
        expect(await store.load(record.key)).toBeUndefined()
      })

      test('a touch comes to the same, once or twice, and whoever sets an epoch twice is told the higher number', async () => {
        const record = recordOf({ subject: 'ada' })
        await store.create(record)
        const activity = {
          touchedAt: record.touchedAt + 5,
          expiresAt: record.expiresAt + 5,
          device: 'lost answer',
        }
        const touching = () => store.touch(record.key, { ...activity, subject: 'ada' })
        expectTruth(await told('lost answer', touching), true)
        expect(await store.load(record.key)).toEqual({ ...record, ...activity })
        const epoch = { epoch: 5, except: randomUUID(), expiresAt: record.expiresAt }
        const exchange = { subject: 'ada', next: epoch, expected: undefined }
        expectTruth(await told(epoch.except, () => store.exchangeEpoch(exchange)), 6)
        expect(await store.epochOf('ada')).toEqual({ ...epoch, epoch: connected.sendsAgain ? 6 : 5 })
      })
    })
  }
})
