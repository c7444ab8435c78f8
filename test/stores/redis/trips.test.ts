import { createClient } from 'redis'
import { redisStore } from 'sojourn/redis'
import { afterAll, beforeAll, expect, test } from 'vitest'
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
      ['su', () => store.touch(record.key, record, record)],
      ['s', () => store.delete(record.key)],
    ] as const) {
      sent.length = 0
      const calling = call()
      expect(sent.join('')).toBe(commands)
      await calling
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
