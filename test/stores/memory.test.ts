import { inspect } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type MemoryStoreOptions, memoryStore, type RecordMemory } from 'sojourn/memory'
import { type FakeClock, fakeClock, storeContract } from 'sojourn/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { anonymous } from '../../src/core/record/standing.ts'
import type { SessionRecord, SubjectEpoch } from '../../src/core/record/store.ts'

const minute = 60_000

describe('the memory store keeps the contract', () => {
  const contract = storeContract({
    powers: ['enumerate', 'sweep', 'subjects', 'leases', 'readsAtOnce'],
    open() {
      const clock = fakeClock()
      // A jump runs no timer, so that the store does not sweep before the clause does.
      return { store: memoryStore({ clock }), now: () => clock.now(), advance: spanMs => clock.jump(spanMs) }
    },
  })
  for (const clause of contract) test(clause.name, () => clause.run())
})

describe('a full memory store', () => {
  test('it holds no more records than it was told', () => {
    const { store, keep } = open({ maxRecords: 3 })
    for (let index = 0; index < 50; index++) keep(`${index}`)
    expect(keysOf(store)).toEqual(['47', '48', '49'])
    expect(store.usage().records).toBe(3)
  })

  test('it holds no more bytes than it was told, whether they come by creation or by replacement', () => {
    const { store, keep } = open({ maxBytes: 10_000 })
    for (let index = 0; index < 50; index++) keep(`${index}`, { data: 'x'.repeat(2000) })
    expect(keysOf(store)).toEqual(['47', '48', '49'])
    expect(store.replace(keep.record('48', { version: 2, data: 'x'.repeat(6000) }), 1)).toBe('replaced')
    expect(keysOf(store)).toEqual(['48', '49'])
    expect(store.usage().bytes).toBeLessThanOrEqual(10_000)
  })

  test('the record that was active least recently goes first', () => {
    const { store, keep } = open({ maxRecords: 3 })
    for (const key of ['a', 'b', 'c']) keep(key)
    store.touch('a', { touchedAt: 0, expiresAt: 0, device: undefined })
    store.replace(keep.record('b', { version: 2 }), 1)
    keep('d')
    expect(keysOf(store)).toEqual(['a', 'b', 'd'])
    keep('e')
    expect(keysOf(store)).toEqual(['b', 'd', 'e'])
    keep('f')
    expect(keysOf(store)).toEqual(['d', 'e', 'f'])
  })

  test('a flood of visitors who do not sign in pushes nobody out who has', () => {
    const { store, keep } = open({ maxRecords: 3 })
    keep('ada', { subject: 'ada' })
    keep('bob', { subject: 'bob' })
    for (let index = 0; index < 100; index++) keep(`${index}`)
    expect(keysOf(store)).toEqual(['99', 'ada', 'bob'])
  })

  test('a signed-in session goes only when no anonymous one is left, the least recently active first', () => {
    const { store, keep } = open({ maxRecords: 2 })
    keep('ada', { subject: 'ada' })
    keep('stranger')
    keep('bob', { subject: 'bob' })
    expect(keysOf(store)).toEqual(['ada', 'bob'])
    store.touch('ada', { touchedAt: 0, expiresAt: 0, device: undefined })
    keep('eve', { subject: 'eve' })
    expect(keysOf(store)).toEqual(['ada', 'eve'])
  })

  test('a stranger who comes when everybody else is signed in is the one who is not kept', () => {
    const { store, keep } = open({ maxRecords: 1 })
    keep('ada', { subject: 'ada' })
    expect(keep('stranger')).toBe(true)
    expect(keysOf(store)).toEqual(['ada'])
  })

  test('a session that signs in is protected from then on, and one that signs out no longer', () => {
    const { store, keep } = open({ maxRecords: 2 })
    keep('a')
    keep('b', { subject: 'bob' })
    store.replace(keep.record('a', { version: 2, subject: 'ada' }), 1)
    store.replace(keep.record('b', { version: 2 }), 1)
    keep('c')
    expect(keysOf(store)).toEqual(['a', 'c'])
  })

  test('the bytes of a key, a subject, a device and a rotation count as those of the data do', () => {
    const usages = [
      {},
      { key: 'k'.repeat(101) },
      { subject: 's'.repeat(100) },
      { device: 'd'.repeat(100) },
      { rotation: 'r'.repeat(100) },
      { data: 'd'.repeat(102) },
    ].map(changes => {
      const { store, keep } = open()
      keep('k', changes)
      return store.usage().bytes
    })
    const [plain = 0, ...longer] = usages
    expect(longer).toEqual(longer.map(() => plain + 100))
    expect(longer.length).toBe(5)
  })

  test('a device that a touch brings is counted, and no longer when another takes its place', () => {
    const { store, keep, clock } = open()
    keep('a')
    const { bytes } = store.usage()
    const touch = (device: string | undefined) =>
      store.touch('a', { touchedAt: clock.now(), expiresAt: 0, device })
    for (const [device, counted] of [
      ['d'.repeat(300), 300],
      [undefined, 300],
      ['d'.repeat(20), 20],
    ] as const) {
      touch(device)
      expect(store.usage().bytes).toBe(bytes + counted)
    }
    store.delete('a')
    expect(store.usage().bytes).toBe(0)
  })

  test('devices that touches bring push the least recently active out, and a touch that finds no room is refused', () => {
    const { store, keep, clock } = open({ maxBytes: 2000 })
    for (const key of ['a', 'b', 'c']) keep(key)
    const touch = (key: string, length: number) =>
      store.touch(key, { touchedAt: clock.now(), expiresAt: 0, device: 'd'.repeat(length) })
    expect(touch('a', 1000)).toBe(true)
    expect(keysOf(store)).toEqual(['a'])
    expect(store.usage().bytes).toBeLessThanOrEqual(2000)
    expect(() => touch('a', 2000)).toThrow(/^The memory store cannot touch a record of/)
    expect(store.load('a')?.device).toBe('d'.repeat(1000))
    keep('d')
    keep('e')
    expect(keysOf(store)).toEqual(['d', 'e'])
  })

  test('the order of leaving is right after any sequence of calls', () => {
    const { store, keep } = open({ maxRecords: 8 })
    const random = randomFrom(20_300_101)
    let model: SessionRecord[] = []
    for (let step = 0; step < 5000; step++) {
      const subject = random() < 0.5 ? undefined : 'ada'
      const fresh = keep.record(`${Math.floor(random() * 16)}`, { subject })
      const found = model.find(({ key }) => key === fresh.key)
      const left =
        found === undefined ? create(store, fresh) : change(store, found, { fresh, choice: random() })
      model = bounded([...model.filter(({ key }) => key !== fresh.key), ...left], 8)
      expect(keysOf(store), `after step ${step}`).toEqual(model.map(({ key }) => key).toSorted())
    }
  })

  test('a record larger than the whole store is refused, and nobody is pushed out for it', () => {
    const { store, keep } = open({ maxBytes: 5000 })
    keep('a')
    const tooLarge = { data: 'secret'.repeat(1000) }
    expect(() => keep('b', tooLarge)).toThrow(
      expect.objectContaining({
        code: 'STORE_FAILED',
        message: expect.stringMatching(/^The memory store cannot create .*5000\.$/),
      }),
    )
    expect(() => store.replace(keep.record('a', { ...tooLarge, version: 2 }), 1)).toThrow(/cannot replace/)
    expect(store.load('a')).toEqual(keep.record('a'))
    expect(keysOf(store)).toEqual(['a'])
  })

  test('what leaves is no longer counted, whichever way it leaves', () => {
    const { store, keep, clock } = open()
    const empty = store.usage()
    for (const key of ['deleted', 'ended', 'swept', 'replaced', 'cleared'])
      keep(key, { data: Uint8Array.of(1, 2, 3) })
    store.delete('deleted')
    store.replace(keep.record('replaced', { version: 2, expiresAt: 0 }), 1)
    store.replace(
      keep.record('ended', { version: 2, expiresAt: clock.now() + 1, data: 'longer than before' }),
      1,
    )
    store.replace(keep.record('swept', { version: 2, expiresAt: clock.now() + 1, subject: 'ada' }), 1)
    clock.jump(1)
    keep('ended', { subject: 'bob' })
    expect(store.sweep(10).removed).toBe(1)
    expect(store.usage().records).toBe(2)
    store.delete('ended')
    store.clear()
    expect(store.usage()).toEqual(empty)
    expect(empty).toEqual({ records: 0, bytes: 0 })
  })
})

describe('a sweep of expired records', () => {
  test('removes a record at whatever instant it was created and expires', () => {
    for (let offset = 0; offset < 20_000; offset += 1237) {
      const { store, keep, clock } = open()
      clock.jump(offset)
      keep('first')
      clock.jump(7001)
      keep('second', { expiresAt: clock.now() + minute + offset / 3 })
      clock.jump(minute + Math.ceil(offset / 3))
      expect(store.sweep(10).removed, `at ${offset}`).toBe(2)
    }
  })

  test('leaves live records, and one that was touched until its new end', () => {
    const { store, keep, clock } = open()
    keep('short')
    keep('touched')
    keep('long', { expiresAt: clock.now() + 60 * minute })
    const expiresAt = clock.now() + 10 * minute
    store.touch('touched', { touchedAt: clock.now(), expiresAt, device: undefined })
    const removed = [2, 9, 60].map(minutes => {
      clock.jump(minutes * minute)
      return store.sweep(10).removed
    })
    expect(removed).toEqual([1, 1, 1])
  })

  test('removes a session that was made shorter at its new end', () => {
    const { store, keep, clock } = open()
    keep('a', { expiresAt: clock.now() + 600 * minute })
    store.replace(keep.record('a', { version: 2 }), 1)
    clock.jump(minute)
    expect(store.sweep(10).removed).toBe(1)
  })

  test('says when the next record may expire, and never too late', () => {
    const { store, keep, clock } = open()
    expect(store.sweep(10).nextAt).toBeUndefined()
    keep('for ever', { expiresAt: Number.POSITIVE_INFINITY })
    expect(store.sweep(10).nextAt).toBeUndefined()
    keep('long', { expiresAt: clock.now() + 60 * minute })
    keep('short')
    const { nextAt = 0 } = store.sweep(10)
    expect(nextAt).toBeGreaterThan(clock.now() + minute - 10_001)
    expect(nextAt).toBeLessThanOrEqual(clock.now() + minute)
  })

  test('visits no record that expires much later', () => {
    const { store, keep, clock } = open()
    let looks = 0
    for (let index = 0; index < 10; index++) {
      const record = keep.record(`${index}`)
      const { expiresAt } = record
      const get = () => {
        looks++
        return expiresAt
      }
      Object.defineProperty(record, 'expiresAt', { get })
      store.create(record)
    }
    looks = 0
    store.sweep(10, clock.now() + minute - 20_000)
    expect(looks).toBe(0)
    expect(store.sweep(10, clock.now() + minute).removed).toBe(10)
    expect(looks).toBeGreaterThan(0)
  })

  test('survives a clock that leaps ten thousand years ahead, and back again', () => {
    const { store, keep, clock } = open()
    keep('before')
    const leapMs = 10_000 * 365 * 24 * 60 * minute
    clock.jump(leapMs)
    expect(store.sweep(10).removed).toBe(1)
    keep('meanwhile')
    clock.jump(-leapMs)
    keep('after')
    clock.jump(2 * minute)
    expect(store.sweep(10).removed).toBe(1)
    expect(store.usage().records).toBe(1)
    expect(store.load('after')).toBeUndefined()
  })

  test('finds everything, after a leap of the clock too', () => {
    const { store, keep, clock } = open()
    for (let index = 0; index < 20; index++)
      keep(`${index}`, { expiresAt: clock.now() + (index + 1) * minute })
    for (let index = 0; index < 20; index++) {
      store.touch(`${index}`, {
        touchedAt: 0,
        expiresAt: clock.now() + 21 * minute + index,
        device: undefined,
      })
    }
    clock.jump(20 * minute)
    expect(store.sweep(100).removed).toBe(0)
    clock.jump(minute + 9)
    expect([7, 7, 7].map(limit => store.sweep(limit).removed)).toEqual([7, 3, 0])
    expect(store.size).toBe(10)
  })

  test('needs no timer of the store', () => {
    const { keep, clock } = open()
    keep('a')
    expect(clock.waiting).toBe(0)
  })

  test('is told to the manager to be over when the store is closed', () => {
    const { store, keep } = open()
    keep('a')
    expect(store.closed.aborted).toBe(false)
    store.close()
    expect([store.closed.aborted, store.size]).toEqual([true, 0])
  })
})

describe('beside the verbs', () => {
  test('size counts the live records alone', () => {
    const { store, keep, clock } = open()
    keep('a')
    keep('b', { expiresAt: clock.now() + 1 })
    clock.jump(1)
    expect(store.usage().records).toBe(2)
    expect(store.size).toBe(1)
  })

  test('records may be changed and removed while they are streamed', () => {
    const { store, keep } = open()
    for (const key of ['a', 'b', 'c']) keep(key)
    const streamed: string[] = []
    for (const { key } of store.records()) {
      streamed.push(key)
      store.delete('b')
      store.replace(keep.record(key, { version: 2 }), 1)
    }
    expect(streamed).toEqual(['a', 'c'])
  })

  test('a record given as text is kept as the very object, and nothing is copied', () => {
    const { store, keep } = open()
    const record = keep.record('a')
    store.create(record)
    expect(store.load('a')).toBe(record)
  })
})

describe('what a memory store lends', () => {
  test('takes no place of a record, goes with none of them, and is bounded by as many', () => {
    const { store, keep, clock } = open({ maxRecords: 2 })
    const lend = (name: string) =>
      store.acquireLease({ name, token: `${name}'s`, expiresAt: clock.now() + minute })
    for (const key of ['a', 'b']) keep(key)
    expect(['ada', 'bob', 'eve'].map(lend)).toEqual([true, true, false])
    expect(keysOf(store)).toEqual(['a', 'b'])
    store.clear()
    expect(store.acquireLease({ name: 'ada', token: 'other', expiresAt: clock.now() + minute })).toBe(false)
  })
})

describe('what a memory store knows of a subject', () => {
  test('a session that had to leave is not listed any more, whichever way it left', () => {
    const { store, keep, clock } = open({ maxRecords: 3 })
    const ada = { subject: 'ada' }
    for (const key of ['evicted', 'deleted', 'swept']) keep(key, ada)
    store.touch('deleted', { touchedAt: 0, expiresAt: 0, device: undefined })
    keep('ended', { ...ada, expiresAt: clock.now() + 5000 })
    expect(listed(store, 'ada')).toEqual(['deleted', 'ended', 'swept'])
    store.delete('deleted')
    store.replace(keep.record('swept', { version: 2, ...ada, expiresAt: clock.now() + 1000 }), 1)
    clock.jump(1000)
    expect(store.sweep(10).removed).toBe(1)
    clock.jump(20_000)
    expect(store.size).toBe(0)
    // A record that the index still held would be live again at the earlier time, and be listed.
    clock.jump(-21_000)
    expect(listed(store, 'ada')).toEqual([])
  })

  test('a session that a replacement ends, or a creation follows, leaves nothing behind', () => {
    const { store, keep, clock } = open()
    keep('replaced', { subject: 'ada' })
    store.replace(keep.record('replaced', { version: 2, subject: 'ada', expiresAt: clock.now() }), 1)
    keep('followed', { subject: 'ada', expiresAt: clock.now() + 1000 })
    clock.jump(1000)
    keep('followed', { subject: 'bob' })
    clock.jump(-1000)
    expect(listed(store, 'ada')).toEqual([])
    expect(listed(store, 'bob')).toEqual(['followed'])
  })

  test('clear forgets whose sessions were whose, and every epoch', () => {
    const { store, keep, clock } = open()
    keep('a', { subject: 'ada' })
    setEpoch(store, 'ada', { epoch: 1, except: undefined, expiresAt: clock.now() + minute })
    store.clear()
    expect(listed(store, 'ada')).toEqual([])
    expect(store.epochOf('ada')).toBeUndefined()
  })

  test('it holds no more epochs than records, and the one that was raised longest ago goes first', () => {
    const { store, clock } = open({ maxRecords: 3 })
    const raise = (subject: string, epoch = 1) =>
      setEpoch(store, subject, { epoch, except: undefined, expiresAt: clock.now() + minute })
    for (let index = 0; index < 50; index++) raise(`${index}`)
    raise('47', 2)
    raise('50')
    const known = Array.from({ length: 51 }, (_, index) => `${index}`).filter(each => store.epochOf(each))
    expect(known).toEqual(['47', '49', '50'])
    expect(store.epochOf('47')?.epoch).toBe(2)
  })

  test('an epoch is neither a record nor in its size, and pushes no session out', () => {
    const { store, keep, clock } = open({ maxRecords: 1 })
    keep('a', { subject: 'ada' })
    const before = store.usage()
    setEpoch(store, 'bob', { epoch: 1, except: 'a', expiresAt: clock.now() + minute })
    expect(store.size).toBe(1)
    expect(store.usage()).toEqual(before)
    expect(keysOf(store)).toEqual(['a'])
  })

  test('a sweep frees the epochs whose time is over, and no other', () => {
    const { store, clock } = open()
    const raise = (subject: string, lastsMs: number) =>
      setEpoch(store, subject, { epoch: 1, except: undefined, expiresAt: clock.now() + lastsMs })
    raise('ada', 1000)
    raise('bob', 1001)
    clock.jump(1000)
    expect(store.sweep(10).removed).toBe(0)
    // An epoch that was only hidden, and not freed, would be there again at the earlier time.
    clock.jump(-1000)
    expect(store.epochOf('ada')).toBeUndefined()
    expect(store.epochOf('bob')).toBeDefined()
  })

  test('twenty thousand subjects that came and went leave no memory taken', () => {
    const { store, keep, clock } = open({ maxRecords: 10 })
    const round = (name: string) => {
      for (let index = 0; index < 20_000; index++) {
        const subject = `${name} ${index}`
        keep('k', { subject })
        setEpoch(store, subject, { epoch: 1, except: undefined, expiresAt: clock.now() + minute })
        store.replace(keep.record('k', { version: 2, subject: undefined }), 1)
        store.delete('k')
      }
    }
    round('first')
    const before = heapInUse()
    round('second')
    expect(heapInUse() - before).toBeLessThan(2_000_000)
  })
})

describe('wrong options', () => {
  const wrong: [object, RegExp][] = [
    [{ maxRecords: 0 }, /^Expected `maxRecords` to be a whole number of at least 1, got 0\.$/],
    [{ maxRecords: 1.5 }, /`maxRecords`.*1\.5/],
    [{ maxRecords: '100' }, /`maxRecords`.*'100'/],
    [{ maxBytes: -1 }, /`maxBytes`.*-1/],
    [{ maxBytes: Number.POSITIVE_INFINITY }, /`maxBytes`.*Infinity/],
    [{ maxBytes: Number.NaN }, /`maxBytes`.*NaN/],
    [{ clock: null }, /`clock`.*null/],
    [{ clock: { now: Date.now } }, /`clock`.*`now` and `after`/],
    [{ ttl: 5 }, /`maxRecords`, `maxBytes` and `clock`, got `ttl`/],
  ]
  for (const [options, message] of wrong) {
    test(`${inspect(options)} is refused, and the message names the option`, () => {
      expect(() => memoryStore(options as MemoryStoreOptions)).toThrow(
        expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringMatching(message) }),
      )
    })
  }
})

interface Opened {
  readonly store: RecordMemory
  readonly clock: FakeClock
  readonly keep: { (key: string, changes?: Partial<SessionRecord>): boolean; record: RecordMaker }
}

type RecordMaker = (key: string, changes?: Partial<SessionRecord>) => SessionRecord

const opened: RecordMemory[] = []
afterEach(() => {
  for (const store of opened.splice(0)) store.close()
})

function open(options: MemoryStoreOptions = {}): Opened {
  const clock = fakeClock()
  const store = memoryStore({ clock, ...options })
  opened.push(store)
  const record: RecordMaker = (key, changes) => recordOf(clock, key, changes)
  const keep = Object.assign(
    (key: string, changes?: Partial<SessionRecord>) => store.create(record(key, changes)),
    { record },
  )
  return { store, clock, keep }
}

function recordOf(
  clock: { now(): number },
  key: string,
  changes: Partial<SessionRecord> = {},
): SessionRecord {
  const now = clock.now()
  const times = { createdAt: now, touchedAt: now, expiresAt: now + minute }
  return { ...anonymous, key, version: 1, ...times, data: '{}', ...changes }
}

function create(store: RecordMemory, record: SessionRecord): SessionRecord[] {
  store.create(record)
  return [record]
}

/** Touches, replaces or deletes a record that the store holds. Answers what is there afterwards. */
function change(
  store: RecordMemory,
  found: SessionRecord,
  { fresh, choice }: { readonly fresh: SessionRecord; readonly choice: number },
): SessionRecord[] {
  if (choice < 0.3) {
    store.delete(found.key)
    return []
  }
  if (choice < 0.6) {
    store.touch(found.key, found)
    return [found]
  }
  const next = { ...fresh, version: found.version + 1 }
  store.replace(next, found.version)
  return [next]
}

/** The records that stay when there is room for `limit`: the model of what the store does. */
function bounded(records: readonly SessionRecord[], limit: number): SessionRecord[] {
  if (records.length <= limit) return [...records]
  const leaving = records.find(({ subject }) => subject === undefined) ?? records[0]
  return records.filter(record => record !== leaving)
}

/** Numbers from 0 to 1 that look random and are the same in each run. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function keysOf(store: RecordMemory): string[] {
  return [...store.records()].map(({ key }) => key).toSorted()
}

function listed(store: RecordMemory, subject: string): string[] {
  return store
    .ofSubject(subject)
    .sessions.map(({ key }) => key)
    .toSorted()
}

/** The bytes that are left when everything that nobody holds has been collected. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect()
  return process.memoryUsage().heapUsed
}

function setEpoch(store: RecordMemory, subject: string, next: SubjectEpoch): void {
  store.exchangeEpoch({ subject, next, expected: undefined })
}
