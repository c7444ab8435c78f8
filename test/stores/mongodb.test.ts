import { randomUUID } from 'node:crypto'
import { MongoClient } from 'mongodb'
import { MongoClient as MongoClient6 } from 'mongodb6'
import mongoose from 'mongoose'
import { type MongoClientLike, mongoStore } from 'sojourn/mongodb'
import { fakeClock, promisesHold, type StoreHarness, storeContract } from 'sojourn/testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { describeMongodb } from '../support/services/mongodb.ts'
import { tellOfKnownStories } from '../testing/tell-of-stories.ts'

// Under another name its types are not found.
const { default: mongoose8 }: { default: typeof mongoose } = await import('mongoose8' as string)

/** A client that a test has connected, and how to close it. */
interface Connected {
  readonly client: MongoClientLike
  close(): Promise<unknown>
}

const kinds: readonly (readonly [name: string, connect: (url: string) => Promise<Connected>])[] = [
  [
    'mongodb 7',
    async url => {
      const client = await new MongoClient(url).connect()
      return { client, close: () => client.close() }
    },
  ],
  [
    'mongodb 6',
    async url => {
      const client = await new MongoClient6(url).connect()
      return { client, close: () => client.close() }
    },
  ],
  [
    'mongoose 9',
    async url => {
      const { connection } = await mongoose.connect(url, { dbName: 'of_mongoose' })
      return { client: connection, close: () => connection.close() }
    },
  ],
  [
    'mongoose 8',
    async url => {
      const { connection } = await mongoose8.connect(url, { dbName: 'of_mongoose' })
      return { client: connection.getClient() as never, close: () => connection.close() }
    },
  ],
]

describeMongodb('the MongoDB store', url => {
  const connected: Connected[] = []
  beforeAll(async () => {
    for (const [, connect] of kinds) connected.push(await connect(url))
  })
  afterAll(() => Promise.all(connected.map(({ close }) => close())))

  const openWith = (kind: number) => () => {
    const prefix = `t${randomUUID().slice(0, 8)}`
    // The server removes documents by its own clock.
    const clock = fakeClock(Date.now())
    const open = () => mongoStore({ client: connected[kind]!.client, dbName: 'sojourn_tests', prefix, clock })
    return {
      store: open(),
      peer: open,
      now: () => clock.now(),
      advance: (spanMs: number) => clock.jump(spanMs),
    }
  }

  describe.each(kinds.map(([name], kind) => [name, kind] as const))(
    'keeps the contract with %s',
    (_name, kind) => {
      const powers = ['enumerate', 'subjects', 'leases'] as const
      const harness: StoreHarness = { powers, open: openWith(kind) }
      for (const clause of storeContract(harness)) test(clause.name, () => clause.run())
    },
  )

  describe('every promise holds', () => {
    test('for the stories of a seed', { timeout: 120_000 }, () =>
      promisesHold({ open: openWith(0), seed: 20261201, steps: 2000 }),
    )
    tellOfKnownStories(openWith(0))
  })
})
