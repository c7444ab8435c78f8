import { describe, expect, test } from 'vitest'
import { leasesBeside, ProcessLeases } from '../../../src/core/process/process-leases.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'

function begun(most: number) {
  const clock = fakeClock()
  const leases = new ProcessLeases(most, clock)
  const acquire = (name: string, spanMs: number) =>
    leases.acquireLease({ name, token: `${name}'s`, expiresAt: clock.now() + spanMs })
  const release = (name: string) => leases.releaseLease({ name, token: `${name}'s`, expiresAt: 0 })
  return { clock, acquire, release }
}

describe('the leases of one process', () => {
  test('when all are lent, no other is lent until one is released', () => {
    const { acquire, release } = begun(2)
    expect(['ada', 'bob', 'eve'].map(name => acquire(name, 1000))).toEqual([true, true, false])
    expect(acquire('ada', 2000)).toBe(true)
    release('bob')
    expect(acquire('eve', 1000)).toBe(true)
  })

  test('expired ones make room, whatever their place in the order', () => {
    const { clock, acquire } = begun(2)
    acquire('ada', 2000)
    acquire('bob', 1000)
    clock.advance(999)
    expect(acquire('eve', 1000)).toBe(false)
    clock.advance(1)
    expect(acquire('eve', 1000)).toBe(true)
    expect(acquire('dan', 1000)).toBe(false)
  })

  test('no timer waits for their expiry', () => {
    const { clock, acquire } = begun(2)
    acquire('ada', 1000)
    expect(clock.waiting).toBe(0)
  })

  test('all users of one store share its leases, and another store has its own', () => {
    const [store, clock] = [{}, fakeClock()]
    const lease = { name: 'ada', token: 'one', expiresAt: clock.now() + 1000 }
    leasesBeside(store, clock).acquireLease(lease)
    expect(leasesBeside(store, clock).acquireLease({ ...lease, token: 'other' })).toBe(false)
    expect(leasesBeside({}, clock).acquireLease({ ...lease, token: 'other' })).toBe(true)
  })
})
