import { createClient } from 'redis'
import { createSessions } from 'sojourn'
import { redisStore } from 'sojourn/redis'
import { fakeClock } from 'sojourn/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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

  test('each verb is one trip: nothing waits for an answer in between', async () => {
    const sent: string[] = []
    const store = redisStore({ client: watched(sent) })
    const record = recordOf({ subject: 'ada' })
    await store.create(record)
    for (const [commands, call] of [
      ['us', () => store.create(recordOf({ subject: 'ada' }))],
      ['s', () => store.create(recordOf())],
      ['s', () => store.load(record.key)],
      ['us', () => store.replace(nextOf(record, 'next'), 1)],
      ['su', () => store.touch(record.key, record)],
      ['s', () => store.delete(record.key)],
    ] as const) {
      sent.length = 0
      const calling = call()
      expect(sent.join('')).toBe(commands)
      await calling
    }
  })

  describe('the commands that a whole request sends, and where it waits for the answers', () => {
    test.each(Object.entries(typicalRequests))('%s', async (_name, { commands, options, make }) => {
      const told = new Told()
      const sendCommand = (words: readonly string[]) => told.send(words, () => client.sendCommand([...words]))
      // The first time the server is asked for its version, and given the scripts.
      for (let time = 0; time < 2; time += 1) {
        await client.flushAll()
        const clock = fakeClock(Date.now())
        const store = redisStore({ client: { ...watched([]), sendCommand }, clock })
        await store.load('none')
        const sessions = createSessions<Anything>({ secret, clock, store, ...options })
        await make({ sessions, clock, begin: () => told.forget(), beside: work => told.leaveOut(work) })
      }
      expect(told.text).toBe(commands)
    })
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

/** Tells which keys commands were about, and when they were sent while others were under way. */
class Told {
  #text = ''
  #underWay = 0

  get text(): string {
    return this.#text.trim()
  }

  async send<Answer>(words: readonly string[], work: () => Promise<Answer>): Promise<Answer> {
    const name = words.find(word => word.startsWith('sojourn:')) ?? '?'
    const key = name.charAt('sojourn:'.length)
    // Whoever deletes a session does not wait until its subject's list has forgotten it.
    this.#text += words[0] === 'ZREM' ? `(${key})` : `${this.#underWay === 0 ? ' ' : ''}${key}`
    this.#underWay += 1
    try {
      return await work()
    } finally {
      this.#underWay -= 1
    }
  }

  forget(): void {
    this.#text = ''
  }

  async leaveOut(work: () => Promise<unknown>): Promise<void> {
    const before = this.#text
    await work()
    this.#text = before
  }
}
