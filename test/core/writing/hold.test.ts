import { describe, expect, test } from 'vitest'
import { createSessions } from '../../../src/adapters/create-sessions.ts'
import type { HoldOptions } from '../../../src/core/writing/hold.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import { type FakeClock, fakeClock } from '../../../src/testing/fake-clock.ts'
import { GatedStore } from '../../support/gated-store.ts'
import { failureOf } from '../races/two-managers.ts'
import { type Anything, secret, settle, stage, Visitor } from '../stage.ts'

const options: HoldOptions = { waitMs: 5000, leaseMs: 1000, queue: 5 }

/** Two processes with one store, each with its own clock. The store uses the second one. */
async function twoProcesses() {
  const clocks: readonly [FakeClock, FakeClock] = [fakeClock(), fakeClock()]
  const store = memoryStore({ clock: clocks[1] })
  const managers = clocks.map(clock => createSessions<Anything>({ secret, clock, store }))
  const first = new Visitor(managers[0]!, undefined)
  await first.request(session => Object.assign(session, { stock: 10 }))
  const arrive = async (process: 0 | 1) => new Visitor(managers[process]!, first.cookie).arrive()
  /** Whether a request in a third process would get the hold at once. */
  const isFree = async () => {
    const third = createSessions<Anything>({ secret, clock: clocks[1], store })
    const visit = await new Visitor(third, first.cookie).arrive()
    const held = await failureOf(() => visit.hold({ ...options, waitMs: 0 }))
    await visit.release()
    return held === undefined
  }
  return { clocks, store, first, arrive, isFree }
}

describe('a hold', () => {
  test('refreshes the session from the store, and keeps the earlier changes of the request', async () => {
    const { arrive, first } = await twoProcesses()
    const visit = await arrive(0)
    visit.session!.mine = 1
    await first.request(session => Object.assign(session, { stock: 9 }))
    await visit.hold(options)
    expect({ ...visit.session }).toMatchObject({ stock: 9, mine: 1 })
    await visit.commit()
  })

  test('does not stop a save that conflicts with a request without a hold: they are merged', async () => {
    const { arrive, first } = await twoProcesses()
    const visit = await arrive(0)
    await visit.hold(options)
    await first.request(session => Object.assign(session, { other: 1 }))
    visit.session!.stock = 9
    await visit.commit()
    await first.request(session => expect({ ...session }).toMatchObject({ stock: 9, other: 1 }))
  })

  test('does not stop the updates of its own request', async () => {
    const { arrive } = await twoProcesses()
    const visit = await arrive(0)
    await visit.hold(options)
    await visit.session!.update(session => Object.assign(session, { stock: 9 }))
    expect(visit.session!.stock).toBe(9)
    await visit.commit()
  })

  test('that has lasted longer than its lease stores nothing, even if no other request came', async () => {
    const { arrive, clocks, first } = await twoProcesses()
    const visit = await arrive(0)
    await visit.hold(options)
    clocks[0].advance(1000)
    visit.session!.stock = 9
    await expect((async () => visit.commit())()).rejects.toMatchObject({ code: 'LOCK_LOST', status: 409 })
    await first.request(session => expect(session.stock).toBe(10))
  })

  test('that has expired makes an explicit save fail, too', async () => {
    const { arrive, clocks } = await twoProcesses()
    const visit = await arrive(0)
    await visit.hold(options)
    clocks[0].advance(1000)
    await expect(visit.session!.save()).rejects.toMatchObject({ code: 'LOCK_LOST' })
  })

  test('that another process has taken over stores nothing, even before it expires by its own clock', async () => {
    const { arrive, clocks, first } = await twoProcesses()
    const slow = await arrive(0)
    await slow.hold(options)
    clocks[1].advance(1000)
    const next = await arrive(1)
    await next.hold(options)
    slow.session!.stock = 5
    await expect((async () => slow.commit())()).rejects.toMatchObject({ code: 'LOCK_LOST' })
    next.session!.stock = 9
    await next.commit()
    await first.request(session => expect(session.stock).toBe(9))
  })

  test('that was taken over does not end the lease of the new holder', async () => {
    const { arrive, clocks, isFree } = await twoProcesses()
    const slow = await arrive(0)
    await slow.hold(options)
    clocks[1].advance(1000)
    const next = await arrive(1)
    await next.hold(options)
    await slow.release()
    expect(await isFree()).toBe(false)
    await next.release()
    expect(await isFree()).toBe(true)
  })

  test('ends with the commit, or with an earlier release, and a second release does nothing', async () => {
    const { arrive, isFree } = await twoProcesses()
    const visit = await arrive(0)
    await visit.hold(options)
    expect(await isFree()).toBe(false)
    await visit.commit()
    expect(await isFree()).toBe(true)
    await visit.release()
    const other = await arrive(0)
    await other.hold(options)
    await Promise.all([other.release(), other.release()])
    expect(await isFree()).toBe(true)
  })

  test('expires for requests that wait in the same process', async () => {
    const { arrive, clocks } = await twoProcesses()
    await (await arrive(0)).hold(options)
    const next = await arrive(0)
    let hasIt = false
    const waiting = next.hold(options).then(() => {
      hasIt = true
    })
    await settle()
    expect(hasIt).toBe(false)
    for (const clock of clocks) clock.advance(1000)
    await waiting
    await next.release()
  })

  test('of a session that has ended meanwhile holds nothing, and leaves no lease', async () => {
    const { arrive, first, store } = await twoProcesses()
    const visit = await arrive(0)
    await first.request(session => session.destroy())
    await visit.hold(options)
    visit.session!.stock = 1
    await visit.commit()
    expect([visit.outcome, visit.setCookie, store.size]).toEqual(['revoked', undefined, 0])
  })

  test('does nothing for a stranger, and costs no store call', async () => {
    const { store, visitor } = stage()
    const visit = await visitor().arrive()
    await visit.hold(options)
    expect(store.calls).toEqual([])
  })

  test('is no session: it does not count as one, is in no list, and no endAll ends it', async () => {
    const clock = fakeClock()
    const store = memoryStore({ clock, maxRecords: 2 })
    const managers = [0, 1].map(() => createSessions<Anything>({ secret, clock, store }))
    const [ada, bob] = [new Visitor(managers[0]!, undefined), new Visitor(managers[0]!, undefined)]
    for (const visitor of [ada, bob]) await visitor.request(session => Object.assign(session, { stock: 10 }))
    const held = await ada.arrive()
    await held.hold({ ...options, leaseMs: 60_000 })
    expect([store.size, [...store.records()].length]).toEqual([2, 2])
    const other = await new Visitor(managers[1]!, ada.cookie).arrive()
    store.clear()
    expect(await failureOf(() => other.hold({ ...options, waitMs: 0 }))).toBe('LOCK_BUSY')
  })

  test('waits no longer than `waitMs`, whichever process has the lease', async () => {
    const { arrive, clocks } = await twoProcesses()
    await (await arrive(0)).hold({ ...options, leaseMs: 60_000 })
    for (const process of [0, 1] as const) {
      const holding = (await arrive(process)).hold(options)
      const failed = expect(holding).rejects.toMatchObject({ code: 'LOCK_BUSY', status: 429 })
      for (let step = 0; step < 120; step += 1) {
        await settle()
        clocks[process].advance(50)
      }
      await failed
    }
  })
})

describe('with a store that lends no leases', () => {
  test('a hold counts for all managers of this process on the store', async () => {
    const { first, arrive } = await twoManagers()
    const [slow, next] = [await arrive(0), await arrive(1)]
    await slow.hold(options)
    expect(await failureOf(() => next.hold({ ...options, waitMs: 0 }))).toBe('LOCK_BUSY')
    slow.session!.stock = 9
    await slow.commit()
    await next.hold(options)
    expect(next.session!.stock).toBe(9)
    await next.commit()
    await first.request(session => expect(session.stock).toBe(9))
  })

  test('a hold that another manager has taken over stores nothing', async () => {
    const { clock, first, arrive } = await twoManagers()
    const [slow, next] = [await arrive(0), await arrive(1)]
    await slow.hold(options)
    clock.advance(1000)
    await next.hold(options)
    slow.session!.stock = 5
    await expect((async () => slow.commit())()).rejects.toMatchObject({ code: 'LOCK_LOST' })
    await next.commit()
    await first.request(session => expect(session.stock).toBe(10))
  })

  test('a hold creates no record', async () => {
    const { store, arrive } = await twoManagers()
    const visit = await arrive(0)
    await visit.hold(options)
    expect(store.size).toBe(1)
    await visit.commit()
    expect(store.size).toBe(1)
  })
})

/** Two managers of one process on one store with only the five verbs. */
async function twoManagers() {
  const clock = fakeClock()
  const store = new GatedStore()
  const managers = [0, 1].map(() => createSessions<Anything>({ secret, clock, store }))
  const first = new Visitor(managers[0]!, undefined)
  await first.request(session => Object.assign(session, { stock: 10 }))
  const arrive = async (manager: 0 | 1) => new Visitor(managers[manager]!, first.cookie).arrive()
  return { clock, store, first, arrive }
}
