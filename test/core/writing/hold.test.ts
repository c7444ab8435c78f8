import { describe, expect, test } from 'vitest'
import { createSessions } from '../../../src/adapters/create-sessions.ts'
import type { HoldOptions } from '../../../src/core/writing/hold.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import { type FakeClock, fakeClock } from '../../../src/testing/fake-clock.ts'
import { type Anything, secret, settle, Visitor } from '../stage.ts'

const options: HoldOptions = { waitMs: 5000, leaseMs: 1000, queue: 5 }

/** Two processes with one store, each with a clock of its own. The store goes by the second. */
async function twoProcesses() {
  const clocks: readonly [FakeClock, FakeClock] = [fakeClock(), fakeClock()]
  const store = memoryStore({ clock: clocks[1] })
  const managers = clocks.map(clock => createSessions<Anything>({ secret, clock, store }))
  const first = new Visitor(managers[0]!, undefined)
  await first.request(session => Object.assign(session, { stock: 10 }))
  const arrive = async (process: 0 | 1) => new Visitor(managers[process]!, first.cookie).arrive()
  return { clocks, store, first, arrive }
}

describe('a hold', () => {
  test('brings the session to what is stored by then, and keeps what the request has changed before', async () => {
    const { arrive, first } = await twoProcesses()
    const visit = await arrive(0)
    visit.session!.mine = 1
    await first.request(session => Object.assign(session, { stock: 9 }))
    await visit.hold(options)
    expect({ ...visit.session }).toMatchObject({ stock: 9, mine: 1 })
    await visit.commit()
  })

  test('lets a save go on that meets one of a request without a hold: they are merged', async () => {
    const { arrive, first } = await twoProcesses()
    const visit = await arrive(0)
    await visit.hold(options)
    await first.request(session => Object.assign(session, { other: 1 }))
    visit.session!.stock = 9
    await visit.commit()
    await first.request(session => expect({ ...session }).toMatchObject({ stock: 9, other: 1 }))
  })

  test('that has lasted for longer than its lease stores nothing, though nobody else has come', async () => {
    const { arrive, clocks, first } = await twoProcesses()
    const visit = await arrive(0)
    await visit.hold(options)
    clocks[0].advance(1000)
    visit.session!.stock = 9
    await expect((async () => visit.commit())()).rejects.toMatchObject({ code: 'LOCK_LOST', status: 409 })
    await first.request(session => expect(session.stock).toBe(10))
  })

  test('that is over is told to whoever saves, too', async () => {
    const { arrive, clocks } = await twoProcesses()
    const visit = await arrive(0)
    await visit.hold(options)
    clocks[0].advance(1000)
    await expect(visit.session!.save()).rejects.toMatchObject({ code: 'LOCK_LOST' })
  })

  test('that another process has taken over stores nothing, though its own clock has not seen it end', async () => {
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

  test('that was taken over does not end the lease of whoever has it now', async () => {
    const { arrive, clocks, store } = await twoProcesses()
    const slow = await arrive(0)
    await slow.hold(options)
    clocks[1].advance(1000)
    const next = await arrive(1)
    await next.hold(options)
    await slow.release()
    expect(store.size).toBe(2)
    await next.release()
    expect(store.size).toBe(1)
  })

  test('ends with the commit, and with a release before it, and twice is once', async () => {
    const { arrive, store } = await twoProcesses()
    const visit = await arrive(0)
    await visit.hold(options)
    expect(store.size).toBe(2)
    await visit.commit()
    expect(store.size).toBe(1)
    await visit.release()
    const other = await arrive(0)
    await other.hold(options)
    await Promise.all([other.release(), other.release()])
    expect(store.size).toBe(1)
  })

  test('ends by itself for those who wait in the same process', async () => {
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

  test('of a session that has ended meanwhile is none, and leaves no lease', async () => {
    const { arrive, first, store } = await twoProcesses()
    const visit = await arrive(0)
    await first.request(session => session.destroy())
    await visit.hold(options)
    visit.session!.stock = 1
    await visit.commit()
    expect([visit.outcome, visit.setCookie, store.size]).toEqual(['revoked', undefined, 0])
  })

  test('is nothing for a stranger, and costs no store call', async () => {
    const { store } = await twoProcesses()
    const sessions = createSessions<Anything>({ secret, store })
    const visit = await new Visitor(sessions, undefined).arrive()
    const size = store.size
    await visit.hold(options)
    expect(store.size).toBe(size)
  })

  test('waits no longer than it was told, whoever has the lease', async () => {
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
