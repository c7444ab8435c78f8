import { createSessions, type RecordStore } from 'sojourn'
import { describe, expect, test } from 'vitest'
import { type Anything, secret, Visitor } from '../core/stage.ts'
import type { DatabaseServer } from '../support/services/database-server.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'
import { recordWith } from './lmdb/record-with.ts'

/** A store on a server that a test can kill and freeze. */
export interface FragileStore {
  readonly server: DatabaseServer
  /** A new store with a pool of its own, of at most two connections, which may go to another port. */
  open(port?: number): RecordStore & { close(): unknown }
}

const failed = { code: expect.stringMatching(/STORE_(FAILED|TIMED_OUT)/) }

/** Proves what a store does while its server is away: it fails in time, and works again afterwards. */
export function tellOfOutages(fragile: () => FragileStore): void {
  const opened = () => {
    const store = fragile().open()
    const sessions = createSessions<Anything>({ secret, store, deadline: '2s' })
    return { store, visitor: () => new Visitor(sessions, undefined) }
  }
  const signIn = (visitor: Visitor) => visitor.request(session => session.signIn('ada'))
  const look = async (visitor: Visitor) => (await visitor.arrive()).session?.subject

  describe('a server that goes away', () => {
    test('by a kill is a failure, and the session is there when the server is back', async () => {
      const { server } = fragile()
      const { store, visitor } = opened()
      const ada = visitor()
      await signIn(ada)
      await server.kill()
      await expect(ada.arrive()).rejects.toMatchObject(failed)
      await expect(signIn(visitor())).rejects.toMatchObject(failed)
      await server.start()
      expect(await look(ada)).toBe('ada')
      await signIn(visitor())
      await store.close()
    })

    test('by a freeze is a failure in time, and a write that has failed is not made later', async () => {
      const { server } = fragile()
      const { store, visitor } = opened()
      const ada = visitor()
      await signIn(ada)
      server.freeze()
      // More than the pool has connections, so that some wait for one.
      const writes = Array.from({ length: 6 }, (_, index) => {
        const late = visitor()
        return late.request(session => Object.assign(session, { late: index }))
      })
      const outcomes = await Promise.allSettled(writes)
      expect(outcomes.map(({ status }) => status)).toEqual(writes.map(() => 'rejected'))
      server.thaw()
      await expect.poll(() => look(ada).catch(String), { timeout: 20_000 }).toBe('ada')
      // Two may have been under way. Those that had no connection were never sent.
      let count = 0
      for await (const record of (
        store as never as { records(): AsyncIterable<{ data: unknown }> }
      ).records())
        if (String(record.data).includes('late')) count += 1
      expect(count).toBeLessThanOrEqual(2)
      await store.close()
    })

    test('in the middle of a statement is a failure, and the process goes on', async () => {
      const { server, open } = fragile()
      const proxy = await TcpProxy.start(server.port)
      const store = open(proxy.port)
      expect(await store.load('nobody')).toBeUndefined()
      const lost = proxy.loseAnswerTo('nobody')
      // A driver may emit an `error` too, which is an uncaught exception, and fails this run, if nobody listens.
      await expect(store.load('nobody')).rejects.toThrow('the connection was lost')
      await lost
      proxy.open()
      expect(await store.load('nobody')).toBeUndefined()
      await store.close()
      await proxy.stop()
    })

    test('before the store is made is no harm: the tables are made when it comes', async () => {
      const { server } = fragile()
      await server.kill()
      const { store, visitor } = opened()
      await expect(signIn(visitor())).rejects.toMatchObject(failed)
      await server.start()
      const ada = visitor()
      await signIn(ada)
      expect(await look(ada)).toBe('ada')
      await store.close()
    })

    test('as often as the pool has connections leaves none behind that is not usable', async () => {
      const { server } = fragile()
      const { store, visitor } = opened()
      const ada = visitor()
      await signIn(ada)
      for (let time = 0; time < 3; time += 1) {
        await server.kill()
        await Promise.allSettled([ada.arrive(), ada.arrive(), ada.arrive()])
        await server.start()
        expect(await look(ada)).toBe('ada')
      }
      await store.close()
    })
  })

  test('a hundred requests at once share two connections', async () => {
    const { store, visitor } = opened()
    await Promise.all(Array.from({ length: 100 }, () => signIn(visitor())))
    await store.close()
  })

  test('twenty stores that are made at the same moment make the tables together', async () => {
    const stores = Array.from({ length: 20 }, () => fragile().open())
    const answers = await Promise.all(
      stores.map((store, index) => store.create(recordWith({ key: `together-${index}`, expiresAt: 9e15 }))),
    )
    expect(answers).toEqual(stores.map(() => true))
    await Promise.all(stores.map(store => store.close()))
  })
}
