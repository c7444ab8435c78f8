import { randomUUID } from 'node:crypto'
import { MongoClient } from 'mongodb'
import mongoose from 'mongoose'
import { mongoStore } from 'sojourn/mongodb'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeMongodb } from '../../support/services/mongodb.ts'
import { recordWith } from '../lmdb/record-with.ts'

// Under another name its types are not found.
const { default: mongoose8 }: { default: typeof mongoose } = await import('mongoose8' as string)

const record = recordWith({ key: 'a', expiresAt: 9e15 })

describeMongodb('the connection of Mongoose', url => {
  let own: MongoClient
  beforeAll(async () => {
    own = await new MongoClient(url).connect()
  })
  afterAll(() => own.close())

  describe.each([
    ['9', mongoose],
    ['8', mongoose8],
  ])('%s', (_version, { Mongoose }) => {
    test('may be opened after the store was made, and the store uses the database that it names', async () => {
      const { connection } = new Mongoose()
      const dbName = `late_${randomUUID().slice(0, 8)}`
      const store = mongoStore({ client: connection })
      await expect(store.load('a')).rejects.toThrow('`mongoose.connect`')
      const opening = connection.openUri(url, { dbName })
      expect(await store.create(record)).toBe(true)
      expect(await own.db(dbName).collection('sojourn_sessions').countDocuments()).toBe(1)
      await opening
      await own.db(dbName).dropDatabase()
      await connection.close()
    })

    test('may be closed and opened again, elsewhere', async () => {
      const { connection } = new Mongoose()
      const names = [1, 2].map(() => `again_${randomUUID().slice(0, 8)}`)
      const store = mongoStore({ client: connection })
      for (const dbName of names) {
        await connection.openUri(url, { dbName })
        expect(await store.create(record)).toBe(true)
        expect(await own.db(dbName).collection('sojourn_sessions').indexes()).toHaveLength(3)
        await own.db(dbName).dropDatabase()
        await connection.close()
        await expect(store.load('a')).rejects.toThrow('closed')
      }
    })

    test('that repeats no writes is refused when it is opened', async () => {
      const { connection } = new Mongoose()
      const store = mongoStore({ client: connection })
      await connection.openUri(url, { retryWrites: false })
      await expect(store.ready()).rejects.toMatchObject({
        code: 'OPTION_INVALID',
        message: expect.stringContaining('`retryWrites: false`'),
      })
      await connection.close()
    })

    test('that was not opened is told at startup', async () => {
      const store = mongoStore({ client: new Mongoose().connection })
      await expect(store.ready()).rejects.toMatchObject({
        code: 'STORE_UNUSABLE',
        message: expect.stringContaining('`mongoose.connect`'),
      })
    })
  })
})
