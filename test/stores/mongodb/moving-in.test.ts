import { randomUUID } from 'node:crypto'
import { MongoStore } from 'connect-mongo'
import { MongoClient } from 'mongodb'
import { mongoStore } from 'sojourn/mongodb'
import { afterAll, beforeAll, describe } from 'vitest'
import { describeMongodb } from '../../support/services/mongodb.ts'
import { tellOfMovingIn } from '../moving-in.ts'

describeMongodb('moving in from connect-mongo', url => {
  const dbName = `moving_${randomUUID().slice(0, 8)}`
  let client: MongoClient
  beforeAll(async () => {
    client = await new MongoClient(url).connect()
  })
  afterAll(async () => {
    await client.db(dbName).dropDatabase()
    await client.close()
  })

  describe.each([true, false])('with stringify: %s', stringify => {
    const collectionName = `old_${stringify}`
    tellOfMovingIn(() => ({
      old: () => MongoStore.create({ client, dbName, collectionName, stringify, autoRemove: 'disabled' }),
      fresh: adoptUntil =>
        mongoStore({
          ...{ client, dbName, prefix: `new_${stringify}`, adoptCollection: collectionName },
          ...(adoptUntil && { adopt: 'connect-mongo', adoptUntil }),
        }),
      leftOver: () => client.db(dbName).collection(collectionName).countDocuments(),
    }))
  })
})
