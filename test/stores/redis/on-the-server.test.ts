import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { openStore } from 'sojourn'
import { type RedisRecords, redisStore } from 'sojourn/redis'
import { fakeClock, storeContract } from 'sojourn/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { describeService } from '../../support/services/commands.ts'
import { RedisServer } from '../../support/services/redis.ts'
import { nextOf, recordOf } from './records.ts'

const graceMs = 60_000

describeService('what the redis store leaves on the server', 'redis-server', () => {
  let server: RedisServer
  let client: Awaited<ReturnType<typeof connect>>
  let prefix: string
  let store: RedisRecords

  function connect() {
    return createClient({ url: server.url }).connect()
  }

  beforeAll(async () => {
    server = await RedisServer.start()
    client = await connect()
  })
  beforeEach(() => {
    prefix = `${randomUUID()}:`
    store = redisStore({ client, prefix })
  })
  afterAll(async () => {
    client.destroy()
    await server.stop()
  })

  async function endOf(kind: 's' | 'u' | 'e' | 'l'): Promise<unknown> {
    const [name] = await client.keys(`${prefix}${kind}:*`)
    return name === undefined ? 'gone' : server.send('PEXPIRETIME', name)
  }

  /** Nobody waits for what a list is healed by. */
  async function healed(subject: string): Promise<void> {
    await store.ofSubject(subject)
    await client.ping()
  }

  test('a record is removed by the server a minute after its end, wherever that moves', async () => {
    const record = recordOf()
    await store.create(record)
    expect(await endOf('s')).toBe(record.expiresAt + graceMs)
    const next = { ...nextOf(record, 'next'), expiresAt: record.expiresAt - 1000 }
    await store.replace(next, 1)
    expect(await endOf('s')).toBe(next.expiresAt + graceMs)
    await store.touch(record.key, { ...record, expiresAt: record.expiresAt + 5 })
    expect(await endOf('s')).toBe(record.expiresAt + 5 + graceMs)
  })

  test('a record that never ends is never removed, and one with half a millisecond is', async () => {
    const record = recordOf({ expiresAt: Number.POSITIVE_INFINITY, subject: 'ada' })
    await store.create(record)
    expect([await endOf('s'), await endOf('u')]).toEqual([-1, -1])
    const next = { ...nextOf(record, ''), expiresAt: Date.now() + 5000.5 }
    await store.replace(next, 1)
    expect(await endOf('s')).toBe(next.expiresAt + 0.5 + graceMs)
    expect(await store.load(record.key)).toEqual(next)
  })

  test('the list of a subject goes with the last of its sessions, and an epoch with its end', async () => {
    const [short, long] = [recordOf({ subject: 'ada' }), recordOf({ subject: 'ada' })]
    await store.create({ ...long, expiresAt: long.expiresAt + 1000 })
    await store.create(short)
    expect(await endOf('u')).toBe(long.expiresAt + 1000 + graceMs)
    await store.exchangeEpoch({
      subject: 'ada',
      next: { epoch: 5, except: undefined, expiresAt: long.expiresAt },
      expected: undefined,
    })
    expect(await endOf('e')).toBe(long.expiresAt + graceMs)
  })

  test('a lease goes when it is given up, and otherwise a minute after its end', async () => {
    const lease = { name: 'name', token: 'token', expiresAt: Date.now() + 5000 }
    await store.acquireLease(lease)
    expect(await endOf('l')).toBe(lease.expiresAt + graceMs)
    await store.acquireLease({ ...lease, expiresAt: lease.expiresAt + 1000 })
    expect(await endOf('l')).toBe(lease.expiresAt + 1000 + graceMs)
    await store.releaseLease(lease)
    expect(await client.keys(`${prefix}*`)).toEqual([])
  })

  test('an epoch that version 0.1.0 has written counts, and a later one builds upon it', async () => {
    const expiresAt = Date.now() + 5000
    await store.exchangeEpoch({
      subject: 'ada',
      next: { epoch: 3, except: undefined, expiresAt },
      expected: undefined,
    })
    const [name = ''] = await client.keys(`${prefix}e:*`)
    await client.set(name, `5 ${expiresAt} other`)
    expect(await store.epochOf('ada')).toEqual({ epoch: 5, except: 'other', expiresAt })
    await store.exchangeEpoch({
      subject: 'ada',
      next: { epoch: 9, except: 'key', expiresAt },
      expected: undefined,
    })
    expect(await store.epochOf('ada')).toEqual({ epoch: 9, except: 'key', expiresAt })
  })

  test('a record that version 0.1.0 has written has its epoch in a second trip, and can be ended', async () => {
    const record = recordOf({ subject: 'ada' })
    await store.create(record)
    const [name = ''] = await client.keys(`${prefix}s:*`)
    const text = String(await client.get(name))
    const older = text.replace(/,"[\w-]{43}"\]\n/, ']\n')
    expect(older).not.toBe(text)
    await client.set(name, older)
    expect(await store.load(record.key)).toEqual(record)
    const next = { epoch: 5, except: undefined, expiresAt: record.expiresAt }
    await store.exchangeEpoch({ subject: 'ada', next, expected: 0 })
    expect(await store.load(record.key)).toEqual({ ...record, subjectEpoch: next })
    expect(await store.endBelow('ada', next)).toEqual([record.key])
  })

  test('the server adds to the number of an epoch exactly, up to the largest safe integer', async () => {
    const next = { epoch: Number.MAX_SAFE_INTEGER - 1, except: undefined, expiresAt: Date.now() + 5000 }
    for (const expected of [Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER]) {
      expect(await store.exchangeEpoch({ subject: 'ada', next, expected: undefined })).toBe(expected)
    }
  })

  test('a record whose hash is that of another subject has the epoch of its own', async () => {
    const record = recordOf({ subject: 'ada' })
    await store.create(record)
    await store.create(recordOf({ subject: 'bob', key: 'other' }))
    const next = { epoch: 5, except: undefined, expiresAt: record.expiresAt }
    await store.exchangeEpoch({ subject: 'bob', next, expected: 0 })
    const name = `${prefix}s:${record.key}`
    const hashIn = (text: unknown) => /"([\w-]{43})"\]\n/.exec(String(text))?.[1] ?? ''
    const [text, other] = [String(await client.get(name)), await client.get(`${prefix}s:other`)]
    await client.set(name, text.replace(hashIn(text), hashIn(other)))
    expect(await store.load(record.key)).toEqual(record)
  })

  test('no name on the server tells who somebody is', async () => {
    await store.create(recordOf({ subject: 'ada@example.org' }))
    await store.exchangeEpoch({
      subject: 'ada@example.org',
      next: { epoch: 5, except: undefined, expiresAt: Date.now() + 5000 },
      expected: undefined,
    })
    const names = await client.keys(`${prefix}*`)
    expect(names).toHaveLength(3)
    expect(names.join()).not.toContain('ada')
  })

  test('a deleted session leaves the list of its subject', async () => {
    const record = recordOf({ subject: 'ada' })
    await store.create(record)
    await store.delete(record.key)
    await client.ping()
    expect(await client.keys(`${prefix}*`)).toEqual([])
  })

  test('a list forgets what it does not find within a minute, and at once when it is noted again', async () => {
    const record = recordOf({ subject: 'ada' })
    await store.create(record)
    const [list = ''] = await client.keys(`${prefix}u:*`)
    await client.del(`${prefix}s:${record.key}`)
    await healed('ada')
    expect(await client.zScore(list, record.key)).toBeLessThanOrEqual(Date.now() + graceMs)
    await store.create(record)
    expect(await client.zScore(list, record.key)).toBe(record.expiresAt)
  })

  test('what a list has lost comes back with the next activity', async () => {
    const record = recordOf({ subject: 'ada' })
    await store.create(record)
    await client.del(await client.keys(`${prefix}u:*`))
    expect((await store.ofSubject('ada')).sessions).toEqual([])
    await store.touch(record.key, record)
    expect((await store.ofSubject('ada')).sessions).toEqual([{ ...record, data: '' }])
  })

  test('a list in which a session ends too early is put right when it is read', async () => {
    const record = recordOf({ subject: 'ada' })
    await store.create(record)
    const [list = ''] = await client.keys(`${prefix}u:*`)
    await client.zAdd(list, { score: Date.now() + 5, value: record.key })
    await healed('ada')
    expect(await client.zScore(list, record.key)).toBe(record.expiresAt)
  })

  test('a list holds nobody whose time is long over', async () => {
    const clock = fakeClock()
    const aged = redisStore({ client, prefix, clock })
    for (let day = 0; day < 30; day += 1) {
      await aged.create(recordOf({ subject: 'ada', expiresAt: clock.now() + 3_600_000 }))
      clock.jump(86_400_000)
    }
    await aged.create(recordOf({ subject: 'ada', expiresAt: clock.now() + 3_600_000 }))
    expect(await client.zCard(String(await client.keys(`${prefix}u:*`)))).toBe(1)
  })

  test('records streams what is under its prefix to the letter, and nothing of another store', async () => {
    const wild = redisStore({ client, prefix: `${prefix}[a-z]*?:` })
    await redisStore({ client, prefix: `${prefix}axyz:` }).create(recordOf())
    const records = Array.from({ length: 600 }, () => recordOf())
    await Promise.all(records.map(record => wild.create(record)))
    const keys: string[] = []
    for await (const { key } of wild.records()) keys.push(key)
    expect(keys.toSorted()).toEqual(records.map(({ key }) => key).toSorted())
  })

  test('closing a store leaves the client of the application as it is', async () => {
    await store.close()
    expect(await client.ping()).toBe('PONG')
  })

  for (const driver of ['redis', 'ioredis']) {
    test(`closing a store that was opened by its URL closes the connection, with ${driver}`, async () => {
      const before = await connections()
      const opened = openStore(`${server.url}?driver=${driver}&prefix=${prefix}`)
      const record = recordOf({ subject: 'ada' })
      await opened.create(record)
      await opened.delete(record.key)
      expect(await connections()).toBe(before + 1)
      await opened.close()
      await opened.close()
      expect(await connections()).toBe(before)
      await expect(opened.load(record.key)).rejects.toThrow(/closed/)
      expect(await client.keys(`${prefix}*`)).toEqual([])
    })
  }

  async function connections(): Promise<number> {
    return String(await client.sendCommand(['CLIENT', 'LIST', 'TYPE', 'normal']))
      .trim()
      .split('\n').length
  }

  describe('a client of ioredis that puts a prefix of its own in front keeps the contract too', () => {
    let prefixed: Redis
    beforeAll(() => {
      prefixed = new Redis(server.port, '127.0.0.1', { keyPrefix: 'app*:' })
    })
    afterAll(() => prefixed.disconnect())
    const open = () => {
      const clock = fakeClock()
      const inner = redisStore({ client: prefixed, prefix: `${randomUUID()}:`, clock })
      return { store: inner, now: () => clock.now(), advance: (spanMs: number) => clock.jump(spanMs) }
    }
    const contract = storeContract({ powers: ['enumerate', 'subjects', 'leases'], open })
    for (const clause of contract.filter(({ name }) => /records|load|ofSubject|endBelow|Lease/.test(name))) {
      test(clause.name, () => clause.run())
    }
  })
})
