import { afterEach, describe, expect, test, vi } from 'vitest'
import { systemClock } from '../../src/core/time/clock.ts'
import { Ledger } from '../../src/stores/callback-ledger.ts'
import { Gate } from '../support/gate.ts'

const done = (): Promise<void> => Promise.resolve()

afterEach(() => {
  vi.restoreAllMocks()
})

/** Lets the time that the ledger sees pass. */
function travel(): (spanMs: number) => void {
  let now = Date.UTC(2030, 0, 1)
  vi.spyOn(systemClock, 'now').mockImplementation(() => now)
  return spanMs => {
    now += spanMs
  }
}

/** Notes a write, and waits until it is over for the ledger too. */
async function write(ledger: Ledger, id: string, version: number): Promise<void> {
  await ledger.write(id, version, done)
  await ledger.settled(id)
}

/** Whether a promise has resolved once everything that was ready has run. */
async function hasResolved(promise: Promise<unknown> | undefined): Promise<boolean> {
  let resolved = false
  void promise?.then(() => {
    resolved = true
  })
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
  return promise === undefined || resolved
}

describe('versions', () => {
  test('a session that nobody here has written is current for everybody', () => {
    const ledger = new Ledger()
    expect(ledger.versionForReader('a')).toBe(0)
    expect(ledger.isCurrent('a', 0)).toBe(true)
    expect(ledger.hasEndedSince('a', 0)).toBe(false)
  })

  test('who has read before a write is not current after it', async () => {
    const ledger = new Ledger()
    const read = ledger.versionForReader('a')
    await write(ledger, 'a', 1)
    expect(ledger.isCurrent('a', read)).toBe(false)
    expect(ledger.isCurrent('a', ledger.versionForReader('a'))).toBe(true)
  })

  test('who reads while a write is under way is not current, during it nor after it', async () => {
    const ledger = new Ledger()
    const gate = new Gate()
    const writing = ledger.write('a', 1, () => gate.passed)
    const read = ledger.versionForReader('a')
    expect(ledger.isCurrent('a', read)).toBe(false)
    gate.open()
    await writing
    expect(ledger.isCurrent('a', read)).toBe(false)
  })

  test('one session says nothing about another', async () => {
    const ledger = new Ledger()
    await write(ledger, 'a', 1)
    void ledger.end('a')
    expect(ledger.isCurrent('b', 0)).toBe(true)
    expect(ledger.hasEndedSince('b', 0)).toBe(false)
  })
})

describe('the end of a session', () => {
  test('counts for whoever has read it before', async () => {
    const ledger = new Ledger()
    await write(ledger, 'a', 1)
    const read = ledger.versionForReader('a')
    void ledger.end('a')
    expect(ledger.hasEndedSince('a', read)).toBe(true)
  })

  test('counts for whoever has read it during a write', async () => {
    const ledger = new Ledger()
    const gate = new Gate()
    const writing = ledger.write('a', 1, () => gate.passed)
    const read = ledger.versionForReader('a')
    void ledger.end('a')
    gate.open()
    await writing
    expect(ledger.hasEndedSince('a', read)).toBe(true)
  })

  test('does not count for the session that comes after it under the same id', async () => {
    const ledger = new Ledger()
    await write(ledger, 'a', 1)
    void ledger.end('a')
    await write(ledger, 'a', 1)
    expect(ledger.hasEndedSince('a', ledger.versionForReader('a'))).toBe(false)
  })

  test('counts twice when it comes twice', async () => {
    const ledger = new Ledger()
    void ledger.end('a')
    const between = ledger.versionForReader('a')
    void ledger.end('a')
    expect(ledger.hasEndedSince('a', between)).toBe(true)
  })

  test('waits for everything that is under way, whether it succeeds or fails', async () => {
    const ledger = new Ledger()
    const [write, touch] = [new Gate(), new Gate()]
    void ledger.write('a', 1, () => write.passed)
    const failing = ledger.during('a', () => touch.passed.then(() => Promise.reject(new Error('down'))))
    const underWay = ledger.end('a')
    expect(await hasResolved(underWay)).toBe(false)
    touch.open()
    await expect(failing).rejects.toThrow('down')
    expect(await hasResolved(underWay)).toBe(false)
    write.open()
    expect(await hasResolved(underWay)).toBe(true)
  })

  test('waits for nothing when nothing is under way', async () => {
    const ledger = new Ledger()
    await write(ledger, 'a', 1)
    await new Promise(resolve => setImmediate(resolve))
    expect(ledger.end('a')).toBeUndefined()
  })
})

describe('a store that never answers', () => {
  const never = () => new Promise(() => undefined)

  test('is waited for during half a minute, and no longer', () => {
    const pass = travel()
    const ledger = new Ledger()
    void ledger.write('a', 1, never)
    pass(29_999)
    expect(ledger.end('a')).toBeInstanceOf(Promise)
    pass(1)
    expect(ledger.end('a')).toBeUndefined()
    expect(ledger.versionForReader('a')).toBe(3)
  })

  test('is not waited for any longer because the session is visited meanwhile', async () => {
    const pass = travel()
    const ledger = new Ledger()
    void ledger.write('a', 1, never)
    for (let seconds = 0; seconds < 60; seconds += 10) {
      pass(10_000)
      await ledger.during('a', done)
    }
    expect(await hasResolved(ledger.settled('a'))).toBe(true)
    expect(ledger.isCurrent('a', ledger.versionForReader('a'))).toBe(true)
    expect(ledger.end('a')).toBeUndefined()
  })
})

describe('what it remembers', () => {
  test('is bounded: of more than ten thousand sessions the one that was written longest ago is forgotten', async () => {
    const ledger = new Ledger()
    await write(ledger, 'oldest', 7)
    await write(ledger, 'kept', 7)
    for (let index = 0; index < 9_998; index += 1) await write(ledger, `${index}`, 1)
    expect(ledger.isCurrent('oldest', 0)).toBe(false)
    await write(ledger, 'one more', 1)
    expect(ledger.isCurrent('oldest', 0)).toBe(true)
    expect(ledger.isCurrent('kept', 0)).toBe(false)
  })

  test('an end is not forgotten because others are merely active', async () => {
    const ledger = new Ledger()
    await write(ledger, 'ada', 1)
    const read = ledger.versionForReader('ada')
    void ledger.end('ada')
    for (let index = 0; index < 20_000; index += 1) await ledger.during(`${index}`, done)
    expect(ledger.hasEndedSince('ada', read)).toBe(true)
  })
})
