import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lmdbStore, type RecordFile } from 'sojourn/lmdb'
import { memoryStore, type RecordMemory } from 'sojourn/memory'
import { type FakeClock, fakeClock } from 'sojourn/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { createSessions } from '../../../src/adapters/create-sessions.ts'
import { Sweeper } from '../../../src/core/process/sweeper.ts'
import { anonymous } from '../../../src/core/record/standing.ts'
import type { MaybePromise, SessionRecord } from '../../../src/core/record/store.ts'
import { type Anything, settle, Visitor } from '../stage.ts'

const minute = 60_000
const hour = 60 * minute
const folder = mkdtempSync(join(tmpdir(), 'sojourn-sweeper-'))
let opened = 0
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Store = RecordMemory | RecordFile
const stores: readonly (readonly [name: string, open: (clock: FakeClock) => Store])[] = [
  ['memory', clock => memoryStore({ clock })],
  ['lmdb', clock => lmdbStore({ path: join(folder, `${++opened}`), clock, durability: 'committed' })],
]

describe.each(stores)('a sweeper of the %s store', (_name, open) => {
  test('removes what has expired, a while after a session was created', async () => {
    const { clock, store, signIn, sweeper, pass } = begun(open)
    await signIn('a', minute)
    await signIn('b', hour)
    sweeper.plan()
    await pass(45 * minute)
    expect(keysIn(store, clock)).toEqual(['b'])
    await pass(2 * hour)
    expect(keysIn(store, clock)).toEqual([])
    await store.close()
  })

  test('removes much in bounded steps, and pauses between them', async () => {
    const { clock, store, signIn, sweeper, calls, pass } = begun(open)
    await Promise.all(Array.from({ length: 2500 }, (_, index) => signIn(`${index}`, minute)))
    sweeper.plan()
    await pass(45 * minute)
    expect(keysIn(store, clock)).toEqual([])
    expect(calls.map(({ removed }) => removed)).toEqual([0, 1000, 1000, 500])
    await store.close()
  })

  test.each([
    ['planned', 0],
    ['made', 9 * minute],
  ])('leaves live sessions alone if the clock is far ahead while a sweep is %s', async (_moment, afterMs) => {
    const { clock, store, signIn, sweeper, calls, pass } = begun(open)
    for (let index = 0; index < 20; index += 1) await signIn(`${index}`, 24 * hour)
    if (afterMs > 0) sweeper.plan()
    await pass(afterMs)
    clock.jump(876_000 * hour)
    sweeper.plan()
    await pass(afterMs)
    if (afterMs > 0) expect(calls).toEqual([{ removed: 0, nextAt: expect.any(Number) }])
    clock.jump(-876_000 * hour)
    await pass(20 * minute)
    expect(calls.length).toBeGreaterThan(0)
    expect(keysIn(store, clock)).toHaveLength(20)
    await store.close()
  })

  test('stops when the store is closed', async () => {
    const { clock, store, signIn, sweeper, calls, pass } = begun(open)
    await signIn('a', minute)
    sweeper.plan()
    await store.close()
    expect(clock.waiting).toBe(0)
    sweeper.plan()
    await pass(hour)
    expect(calls).toEqual([])
  })
})

test('of several processes with one store, only one sweeps in each interval', async () => {
  const clock = fakeClock()
  const store = memoryStore({ clock })
  const calls: string[] = []
  for (const name of ['one', 'two', 'three']) {
    new Sweeper({
      ...{ clock, leases: store, closed: undefined },
      sweep(limit, by) {
        calls.push(name)
        return store.sweep(limit, by)
      },
    }).plan()
  }
  clock.advance(15 * minute)
  await settle()
  expect(calls).toHaveLength(1)
})

test('a sweep that fails is tried again after the next session was created', async () => {
  const clock = fakeClock()
  let calls = 0
  const sweep = () => {
    calls += 1
    throw new Error('offline')
  }
  const sweeper = new Sweeper({ clock, leases: memoryStore({ clock }), closed: undefined, sweep })
  for (const expected of [1, 2]) {
    sweeper.plan()
    clock.advance(15 * minute)
    await settle()
    expect([calls, clock.waiting]).toEqual([expected, 0])
  }
})

test('a store that does not know when the next record expires is swept again after the next creation', async () => {
  const clock = fakeClock()
  const removed = [5, 0]
  const sweep = () => ({ removed: removed.shift() ?? 0 })
  const sweeper = new Sweeper({ clock, leases: memoryStore({ clock }), closed: undefined, sweep })
  sweeper.plan()
  clock.advance(hour)
  await settle()
  expect([removed, clock.waiting]).toEqual([[0], 0])
})

test('a manager sweeps its store after it has created a session, and not before', async () => {
  const clock = fakeClock()
  const store = memoryStore({ clock })
  const sessions = createSessions<Anything>({ secret: 'a secret of the tests', store, clock, idle: '1m' })
  const visitor = new Visitor(sessions, undefined)
  await visitor.request()
  expect(clock.waiting).toBe(0)
  await visitor.request(session => void (session['user'] = 'ada'))
  expect(clock.waiting).toBe(1)
  clock.advance(hour)
  await settle()
  clock.advance(hour)
  await settle()
  expect(store.usage().records).toBe(0)
})

function begun(open: (clock: FakeClock) => Store) {
  const clock = fakeClock(Date.parse('2030-01-01'))
  const store = open(clock)
  const calls: { readonly removed: number }[] = []
  let underWay = 0
  const waitedFor = async <Answer>(work: () => MaybePromise<Answer>): Promise<Answer> => {
    underWay += 1
    try {
      return await work()
    } finally {
      underWay -= 1
    }
  }
  const sweeper = new Sweeper({
    ...{ clock, closed: store.closed },
    leases: { ...unused, acquireLease: lease => waitedFor(() => store.acquireLease(lease)) },
    async sweep(limit, by) {
      const step = await waitedFor(() => store.sweep(limit, by))
      calls.push(step)
      return step
    },
  })
  const signIn = (key: string, lastsMs: number) => store.create(recordOf(clock, key, lastsMs))
  /** Lets time pass, so that each step of a sweep gets its turn. */
  const pass = async (spanMs: number): Promise<void> => {
    for (let passed = 0; passed < spanMs; passed += minute) {
      clock.advance(minute)
      for (let turn = 0; turn < 3; turn += 1) {
        do await new Promise(resolve => setTimeout(resolve, 1))
        while (underWay > 0)
      }
    }
  }
  return { clock, store, sweeper, calls, signIn, pass }
}

const unused = { holdsLease: () => false, releaseLease: () => undefined }

function recordOf(clock: FakeClock, key: string, lastsMs: number): SessionRecord {
  const now = clock.now()
  return {
    ...anonymous,
    key,
    version: 1,
    createdAt: now,
    touchedAt: now,
    expiresAt: now + lastsMs,
    data: '{}',
  }
}

/** The keys of the records that are there, also of expired ones: at an earlier time they are live. */
function keysIn(store: Store, clock: FakeClock): readonly string[] {
  const backMs = clock.now()
  clock.jump(-backMs)
  const keys = [...store.records()].map(({ key }) => key).toSorted()
  clock.jump(backMs)
  return keys
}
