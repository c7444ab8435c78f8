import { randomUUID } from 'node:crypto'
import { type RedisStoreOptions, redisStore } from 'sojourn/redis'
import { fakeClock, promisesHold, type StoreBench, storeContract } from 'sojourn/testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import type { TestClient } from './clients.ts'

/** A client, and how it is ended. */
export type Connected = Pick<TestClient, 'client' | 'end'>

/** What the store is given beside the client, and how many random steps its promises hold through. */
export interface Trial extends Pick<RedisStoreOptions, 'replicas'> {
  readonly steps: number
}

/** Tells that the store keeps the contract, and every promise through random steps, on a client of this kind. */
export function tellOfPromises(connect: () => Promise<Connected>, { steps, ...options }: Trial): void {
  let connected: Connected
  beforeAll(async () => {
    connected = await connect()
  })
  afterAll(() => connected?.end())

  /** An empty store. What others have left on the server is under other prefixes. */
  const open = (): StoreBench => {
    const clock = fakeClock()
    const store = redisStore({ client: connected.client, clock, prefix: `${randomUUID()}:`, ...options })
    return {
      store,
      now: () => clock.now(),
      advance: spanMs => clock.jump(spanMs),
      close: () => store.close(),
    }
  }

  describe('the redis store keeps the contract', () => {
    for (const clause of storeContract({ powers: ['enumerate', 'subjects'], open })) {
      test(clause.name, () => clause.run())
    }
  })

  test(`every promise holds through ${steps} random steps`, () => promisesHold({ open, steps }), 120_000)
}
