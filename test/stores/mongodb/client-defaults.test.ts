import { randomUUID } from 'node:crypto'
import { MongoClient } from 'mongodb'
import { MongoClient as MongoClient6 } from 'mongodb6'
import { mongoStore } from 'sojourn/mongodb'
import { describe, expect, test } from 'vitest'
import { describeMongodb } from '../../support/services/mongodb.ts'
import { recordWith } from '../lmdb/record-with.ts'

/** Everything by which a client could change what the store writes, reads or is answered. */
const defaults = {
  'numbers as objects': { promoteValues: false },
  'long numbers as BigInt': { useBigInt64: true },
  'bytes as buffers': { promoteBuffers: true },
  'no undefined': { ignoreUndefined: true },
  'writes that nobody confirms': { writeConcern: { w: 0 as const } },
  'reads from anywhere': {
    readPreference: 'secondaryPreferred' as const,
    readConcernLevel: 'local' as const,
  },
}

describeMongodb('whatever the defaults of the client are', url => {
  describe.each([
    ['7', MongoClient],
    ['6', MongoClient6],
  ])('the driver %s', (_version, Client) => {
    test.each(Object.entries(defaults))('%s: the store is answered the same', async (_name, options) => {
      const client = await new Client(url, options).connect()
      const store = mongoStore({ client, dbName: 'sojourn_tests', prefix: `d${randomUUID().slice(0, 8)}` })
      const [one, other] = ['one', 'other'].map(key =>
        recordWith({ key, subject: 'ada', epoch: 1, expiresAt: 9e15, data: new Uint8Array([1, 2]) }),
      ) as [ReturnType<typeof recordWith>, ReturnType<typeof recordWith>]
      expect([await store.create(one), await store.create(one), await store.create(other)]).toEqual([
        true,
        false,
        true,
      ])
      const next = { ...one, version: 2, data: 'text' }
      expect(await store.replace(next, 1)).toBe('replaced')
      expect(await store.replace(next, 1)).toEqual(next)
      const epoch = { epoch: 5, except: undefined, expiresAt: Number.POSITIVE_INFINITY }
      expect(await store.exchangeEpoch({ subject: 'ada', next: epoch, expected: undefined })).toBe(5)
      expect(await store.exchangeEpoch({ subject: 'ada', next: epoch, expected: undefined })).toBe(6)
      expect(await store.load('one')).toEqual({ ...next, subjectEpoch: { ...epoch, epoch: 6 } })
      expect((await store.load('other'))?.data).toEqual(new Uint8Array([1, 2]))
      expect([...(await store.endBelow('ada', epoch))].sort()).toEqual(['one', 'other'])
      expect(await store.delete('one')).toBe(false)
      await client.close()
    })
  })
})
