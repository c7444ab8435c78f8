import type { MaybePromise } from 'sojourn'
import { type RedisRecords, redisStore } from 'sojourn/redis'
import { fakeClock } from 'sojourn/testing'
import { describe, expect, test } from 'vitest'
import { askStore, Limit } from '../../../src/core/record/deadline.ts'
import type { StoreCall } from '../../../src/core/record/store.ts'
import { encodeRecord } from '../../../src/stores/redis/record-text.ts'
import { nextOf, recordOf } from './records.ts'
import { ScriptedClient, ScriptedCluster, ScriptedPool } from './scripted-client.ts'

/** A store as requests ask it, with a deadline that comes when the test says so. */
function asked(store: RedisRecords) {
  const clock = fakeClock()
  const ask = (verb: (call: StoreCall) => MaybePromise<unknown>): Promise<unknown> =>
    Promise.resolve(
      askStore({ store: 'redis', verb: 'create', limit: new Limit({ clock, spanMs: 100 }) }, verb),
    )
  /** Lets the deadline pass, and sees the request fail. */
  const fails = async (asking: Promise<unknown>): Promise<void> => {
    const failing = expect(asking).rejects.toMatchObject({ code: 'STORE_TIMED_OUT' })
    clock.advance(100)
    await failing
  }
  return { ask, fails, store }
}

/** Lets everything happen that waits for nobody. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate)
}

type Write = (store: RedisRecords, call: StoreCall) => Promise<unknown>

const epoch = { epoch: 1, expiresAt: 9e15, except: undefined }
const adopted = { id: 'id', foreign: { text: '{}', expiresAt: undefined }, record: recordOf() }

/** What a script does. */
const scripts: { readonly [verb: string]: Write } = {
  create: (store, call) => store.create(recordOf(), call),
  'create of a signed-in session': (store, call) => store.create(recordOf({ subject: 'ada' }), call),
  replace: (store, call) => store.replace(nextOf(recordOf(), 'late'), 1, call),
  touch: (store, call) => store.touch('key', recordOf(), call),
  exchangeEpoch: (store, call) =>
    store.exchangeEpoch({ subject: 'ada', next: epoch, expected: undefined }, call),
  endBelow: (store, call) => store.endBelow('ada', epoch, call),
  acquireLease: (store, call) => store.acquireLease({ name: 'name', token: 'a', expiresAt: 9e15 }, call),
  releaseLease: (store, call) => store.releaseLease({ name: 'name', token: 'a', expiresAt: 9e15 }, call),
  takeOver: (store, call) => store.takeOver(adopted, call),
}

const writes: { readonly [verb: string]: Write } = {
  ...scripts,
  delete: (store, call) => store.delete('key', call),
  forgetForeign: (store, call) => store.forgetForeign('id', call),
}

/** @see Issue 13, point 3 */
describe('after the deadline nothing leaves that a request had wanted', () => {
  test.each(Object.entries(writes))('when there is a connection again: %s', async (_verb, write) => {
    const client = new ScriptedClient()
    client.isReady = false
    const { ask, fails, store } = asked(redisStore({ client }))
    await fails(ask(call => write(store, call)))
    void store.load('other')
    client.isReady = true
    await client.leaving(0)
    await settle()
    expect(client.sent).toHaveLength(1)
    expect(client.sent[0]?.words).toContain('sojourn:s:other')
  })

  test.each(Object.entries(scripts))(
    'when the server says late that it has forgotten the script: %s',
    async (_verb, write) => {
      const client = new ScriptedClient()
      const { ask, fails, store } = asked(redisStore({ client }))
      const asking = ask(call => write(store, call))
      await client.leaving(0)
      await fails(asking)
      const before = client.sent.length
      for (const { fail } of client.sent) fail('NOSCRIPT No matching script.')
      await settle()
      expect(client.sent).toHaveLength(before)
    },
  )

  test('when the list of a subject is written late, and the record would come next', async () => {
    const client = new ScriptedCluster()
    const { ask, fails, store } = asked(redisStore({ client }))
    const asking = ask(call => store.create(recordOf({ subject: 'ada' }), call))
    const listing = await client.wire.leaving(0)
    await fails(asking)
    listing.answer(1)
    await settle()
    expect(client.wire.sent).toHaveLength(1)
  })

  test('when a session is removed late, and its place in the list would come next', async () => {
    const client = new ScriptedClient()
    const { ask, fails, store } = asked(redisStore({ client }))
    const record = recordOf({ subject: 'ada' })
    const asking = ask(call => store.delete(record.key, call))
    const removal = await client.leaving(0)
    await fails(asking)
    const { head, tail } = encodeRecord(record)
    removal.answer(head + tail)
    await settle()
    expect(client.names).toEqual(['GETDEL'])
  })

  test('when it had to wait for its turn among the writes that wait for replicas', async () => {
    const client = new ScriptedClient()
    const { ask, fails, store } = asked(redisStore({ client, replicas: 1 }))
    const [first, second] = [store.create(recordOf()), store.create(recordOf())]
    await client.leaving(3)
    const third = ask(call => store.create(recordOf(), call))
    await settle()
    await fails(third)
    for (const { answer } of client.sent) answer(1)
    await Promise.all([first, second])
    await settle()
    expect(client.names).toEqual(['EVALSHA', 'WAIT', 'EVALSHA', 'WAIT'])
  })

  test('when a server says late that another one has the key', async () => {
    const client = new ScriptedClient()
    const { ask, fails, store } = asked(redisStore({ client, replicas: 1 }))
    const asking = ask(call => store.create(recordOf(), call))
    const [write] = [await client.leaving(0), await client.leaving(1)]
    await fails(asking)
    write.fail('MOVED 1 127.0.0.1:7000')
    await settle()
    expect(client.names).toEqual(['EVALSHA', 'WAIT'])
  })

  test('when a connection of a pool is there again', async () => {
    const client = new ScriptedPool()
    const { ask, fails, store } = asked(redisStore({ client }))
    const greeting = store.load('none')
    ;(await client.wire.leaving(0)).answer(null)
    await greeting
    client.wire.isReady = false
    await fails(ask(call => store.create(recordOf(), call)))
    void store.load('other')
    client.wire.isReady = true
    await client.wire.leaving(1)
    await settle()
    expect(client.wire.names).toEqual(['EVALSHA', 'EVALSHA'])
  })
})

test('what nobody has given a deadline waits as long as ever', async () => {
  const client = new ScriptedClient()
  client.isReady = false
  const store = redisStore({ client })
  const creating = store.create(recordOf())
  client.isReady = true
  ;(await client.leaving(0)).answer(1)
  expect(await creating).toBe(true)
})
