import { randomUUID } from 'node:crypto'
import { MongoClient } from 'mongodb'
import { openStore } from 'sojourn'
import { mongoStore } from 'sojourn/mongodb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeMongodb } from '../../support/services/mongodb.ts'
import { recordWith } from '../lmdb/record-with.ts'

const password = 'p4ssw0rd'
const client = new MongoClient('mongodb://127.0.0.1:1')

describe('wrong options of the MongoDB store', () => {
  test.each([
    [{}, '`client`'],
    [{ client: 'mongodb://user:p4ssw0rd@host' }, '`client`'],
    [{ client, prefix: 'a.b' }, '`prefix`'],
    [{ client, dbName: 'a b' }, '`dbName`'],
    [{ client, colection: 1 }, 'colection'],
    [{ client: new MongoClient('mongodb://127.0.0.1:1/?retryWrites=false') }, '`retryWrites: false`'],
  ])('are refused: %#', (options, message) => {
    const make = () => mongoStore(options as never)
    expect(make).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
    expect(make).toThrow(message)
    expect(make).not.toThrow(password)
  })

  test.each([
    `mongodb:${password}`,
    `mongodb://user:${password}@`,
    `mongodb://user:p@ss/${password}@host`,
    `mongodb://user:${password}@host/db?colection=1`,
  ])('are refused in a URL, which is not quoted: %s', url => {
    const make = () => openStore(url)
    expect(make).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
    expect(make).not.toThrow(password)
  })
})

describe('a server that the store cannot use', () => {
  test.each([
    ['an older version', { maxWireVersion: 13, setName: 'rs0' }, 'MongoDB 6'],
    ['no replica set', { maxWireVersion: 21 }, 'rs.initiate()'],
  ])('is refused with what to do: %s', async (_what, hello, message) => {
    const database = { command: () => Promise.resolve(hello), collection: () => ({}) }
    await expect(mongoStore({ client: { db: () => database } }).ready()).rejects.toMatchObject({
      code: 'STORE_UNUSABLE',
      message: expect.stringContaining(message),
    })
  })
})

test('a server that nobody has started is told at startup, without the password', {
  timeout: 20_000,
}, async () => {
  const store = openStore(`mongodb://user:${password}@127.0.0.1:1/db?serverSelectionTimeoutMS=500`)
  const problem = await store.ready?.().catch((error: Error) => error)
  expect(problem).toMatchObject({
    code: 'STORE_UNUSABLE',
    message: expect.stringContaining('nobody answers'),
  })
  expect(String((problem as Error).cause)).not.toContain(password)
  await store.close()
})

describeMongodb('a server of MongoDB', url => {
  let own: MongoClient
  const dbName = 'sojourn_opening'
  beforeAll(async () => {
    own = await new MongoClient(url).connect()
  })
  afterAll(async () => {
    await own.db(dbName).dropDatabase()
    await own.close()
  })

  test('is reached by its URL, and is ready', async () => {
    const address = new URL(url.replace(/^mongodb:/, 'http:').replace(/,[^/]*/, ''))
    const more = `${url.includes('?') ? '&' : '?'}dbName=${dbName}&prefix=shop`
    expect(address.hostname).not.toBe('')
    const store = openStore(`${url}${more}`)
    await store.ready?.()
    expect(await store.create(recordWith({ key: 'a', expiresAt: 9e15 }))).toBe(true)
    await store.close()
    expect(
      await own.db(dbName).collection<{ _id: string }>('shop_sessions').countDocuments({ _id: 'a' }),
    ).toBe(1)
  })

  test.each([
    ['of other options', { removeAt: 1 }, { expireAfterSeconds: 5 }, '{ removeAt: 1 }'],
    ['of another name', { removeAt: 1 }, { name: 'mine' }, '{ removeAt: 1 }'],
    ['of its name and other keys', { other: 1 }, { name: 'removeAt_1' }, "'removeAt_1'"],
  ])('with an index %s is refused with the command that removes it', async (_what, keys, options, which) => {
    const prefix = `odd${randomUUID().slice(0, 8)}`
    const sessions = own.db(dbName).collection(`${prefix}_sessions`)
    await sessions.createIndex(keys as Record<string, number>, options)
    const store = mongoStore({ client: own, dbName, prefix })
    await expect(store.ready()).rejects.toMatchObject({
      code: 'STORE_UNUSABLE',
      message: expect.stringContaining(
        `db.getSiblingDB('${dbName}').getCollection('${prefix}_sessions').dropIndex(${which})`,
      ),
    })
    await sessions.dropIndexes()
    await store.ready()
  })

  test('that twenty stores use for the first time at the same moment serves them all', async () => {
    const prefix = `first${randomUUID().slice(0, 8)}`
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        mongoStore({ client: own, dbName, prefix }).create(recordWith({ key: `${index}`, expiresAt: 9e15 })),
      ),
    )
    expect(answers).toEqual(answers.map(() => true))
  })

  test('keeps text that looks like an operator or a field as it is', async () => {
    const store = mongoStore({ client: own, dbName, prefix: 'literal' })
    const odd = { subject: '$ne', device: '$touchedAt', rotation: '$$ROOT', data: '$data' }
    const record = recordWith({ key: randomUUID(), expiresAt: 9e15, ...odd })
    expect(await store.create(record)).toBe(true)
    expect(await store.replace({ ...record, version: 2, data: '$$REMOVE' }, 1)).toBe('replaced')
    expect(await store.load(record.key)).toMatchObject({ ...odd, data: '$$REMOVE', version: 2 })
    expect((await store.ofSubject('$ne')).sessions).toHaveLength(1)
  })

  test('that loses an answer is asked again by the driver, and the caller hears of the first time', async () => {
    const admin = own.db('admin')
    const failPoint = (mode: object | string) =>
      admin.command({
        configureFailPoint: 'failCommand',
        mode,
        data: { failCommands: ['update', 'findAndModify'], closeConnection: true },
      })
    const store = mongoStore({ client: own, dbName, prefix: 'lost' })
    const record = recordWith({ key: randomUUID(), expiresAt: 9e15 })
    await store.ready()
    await failPoint({ times: 1 })
    expect(await store.create(record)).toBe(true)
    await failPoint({ times: 1 })
    expect(await store.replace({ ...record, version: 2 }, 1)).toBe('replaced')
    await failPoint('off')
  })

  test('whose primary steps down answers again, and has what it has answered', {
    timeout: 60_000,
  }, async () => {
    const store = mongoStore({ client: own, dbName, prefix: 'steps' })
    const record = recordWith({ key: randomUUID(), expiresAt: 9e15 })
    await store.create(record)
    await own
      .db('admin')
      .command({ replSetStepDown: 5, force: true })
      .catch(() => undefined)
    await expect
      .poll(() => store.replace({ ...record, version: 2 }, 1).catch(String), { timeout: 30_000 })
      .toEqual(expect.stringMatching(/replaced/))
    expect(await store.load(record.key)).toMatchObject({ version: 2 })
  })
})
