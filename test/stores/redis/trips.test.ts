import { createClient } from 'redis'
import { createSessions } from 'sojourn'
import { redisStore } from 'sojourn/redis'
import { fakeClock } from 'sojourn/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Anything, secret } from '../../core/stage.ts'
import { typicalRequests } from '../../core/typical-requests.ts'
import { describeService } from '../../support/services/commands.ts'
import { RedisServer } from '../../support/services/redis.ts'
import { nextOf, recordOf } from './records.ts'

describeService('how a write reaches the server', 'redis-server', () => {
  let server: RedisServer
  let client: Awaited<ReturnType<typeof connect>>

  function connect() {
    return createClient({ url: server.url }).connect()
  }

  beforeAll(async () => {
    server = await RedisServer.start()
    client = await connect()
  })
  afterAll(async () => {
    client.destroy()
    await server.stop()
  })

  /** A client that notes what it is given. */
  function watched(sent: string[]) {
    const isOpen = true
    const send = (words: readonly string[]) => {
      sent.push(String(words[3] ?? words[1]).replace(/^sojourn:(.).*/, '$1'))
      return client.sendCommand([...words])
    }
    return { isOpen, isReady: isOpen, send, sendCommand: send }
  }

  test('each verb is one command', async () => {
    const sent: string[] = []
    const store = redisStore({ client: watched(sent) })
    const record = recordOf({ subject: 'ada' })
    const epoch = { epoch: 5, except: undefined, expiresAt: record.expiresAt }
    await store.create(record)
    for (const [key, call] of [
      ['s', () => store.create(recordOf({ subject: 'ada' }))],
      ['s', () => store.create(recordOf())],
      ['s', () => store.load(record.key)],
      ['s', () => store.replace(nextOf(record, 'next'), 1)],
      ['s', () => store.touch(record.key, record)],
      ['u', () => store.ofSubject('ada')],
      ['e', () => store.epochOf('ada')],
      ['e', () => store.exchangeEpoch({ subject: 'ada', next: epoch, expected: 0 })],
      ['u', () => store.endBelow('ada', epoch)],
      ['s', () => store.delete(record.key)],
    ] as const) {
      // The server has the script from now on.
      await call()
      sent.length = 0
      const calling = call()
      expect(sent).toEqual([key])
      await calling
      expect(sent).toEqual([key])
    }
  })

  test('each call of a whole request is one command, and those at the same time leave together', async () => {
    for (const [name, { calls, options, make }] of Object.entries(typicalRequests)) {
      const trips = new Trips()
      const sendCommand = (words: readonly string[]) =>
        trips.send(words, () => client.sendCommand([...words]))
      // The first time the server is asked for its version, and given the scripts.
      for (let time = 0; time < 2; time += 1) {
        await client.flushAll()
        const clock = fakeClock(Date.now())
        const store = redisStore({ client: { ...watched([]), sendCommand }, clock })
        await store.load('none')
        const sessions = createSessions<Anything>({ secret, clock, store, ...options })
        await make({ sessions, clock, begin: () => trips.forget(), beside: work => trips.leaveOut(work) })
      }
      const expected = calls === '' ? [] : calls.split(', ').map(trip => trip.split(' + ').length)
      expect([name, ...trips.commands]).toEqual([name, ...expected])
    }
  })

  test('where commands may overtake each other, the list of a subject is written before the record leaves', async () => {
    const sent: string[] = []
    const { send, ...rest } = watched(sent)
    const sendCommand = (_key: string, _isReadOnly: boolean, words: readonly string[]) => send(words)
    const cluster = { ...rest, sendCommand, masters: [{}], nodeClient: () => client }
    const store = redisStore({ client: cluster })
    const record = recordOf({ subject: 'ada' })
    await store.create(record)
    for (const call of [
      () => store.create(recordOf({ subject: 'ada' })),
      () => store.replace(nextOf(record, 'next'), 1),
    ]) {
      sent.length = 0
      const calling = call()
      expect(sent).toEqual(['u'])
      await calling
      expect(sent).toEqual(['u', 's'])
    }
  })
})

/** Counts the commands of each round trip: those that leave before any of them was answered. */
class Trips {
  readonly commands: number[] = []
  #underWay = 0

  async send<Answer>(words: readonly string[], work: () => Promise<Answer>): Promise<Answer> {
    // The caller who deletes a session does not wait until its subject's list has forgotten it.
    if (words[0] === 'ZREM') return await work()
    if (this.#underWay === 0) this.commands.push(0)
    this.commands.push((this.commands.pop() ?? 0) + 1)
    this.#underWay += 1
    try {
      return await work()
    } finally {
      this.#underWay -= 1
    }
  }

  forget(): void {
    this.commands.length = 0
  }

  async leaveOut(work: () => Promise<unknown>): Promise<void> {
    const before = [...this.commands]
    await work()
    this.commands.splice(0, this.commands.length, ...before)
  }
}
