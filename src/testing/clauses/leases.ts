import assert from 'node:assert/strict'
import type { Lease } from '../../core/record/store.ts'
import { lifetimeMs, type Scene, type SceneClause, twentyTimes } from '../scene.ts'

const clauses: readonly Omit<SceneClause, 'powers'>[] = [
  {
    name: 'acquireLease lends a free name',
    async prove(scene) {
      await scene.lent(leaseOf(scene))
    },
  },
  {
    name: 'acquireLease answers false for a name that another token has, and changes nothing',
    async prove(scene) {
      const lease = await scene.lent(leaseOf(scene))
      const other = leaseOf(scene, { token: 'other', expiresAt: lease.expiresAt + 1000 })
      await expectRefused(scene, other)
      await expectHeld(scene, lease)
      await scene.advance(lifetimeMs)
      await expectNotHeld(scene, lease)
    },
  },
  {
    name: 'acquireLease answers true for the token that has the name, and moves the end',
    async prove(scene) {
      const lease = await scene.lent(leaseOf(scene))
      await scene.lent(lease)
      const longer = await scene.lent({ ...lease, expiresAt: lease.expiresAt + 1000 })
      await scene.advance(lifetimeMs)
      await expectHeld(scene, longer)
      await expectRefused(scene, { ...longer, token: 'other' })
      await scene.advance(1000)
      await expectNotHeld(scene, longer)
    },
  },
  {
    name: 'acquireLease answers false for a lease that has already expired, and lends nothing',
    async prove(scene) {
      await expectRefused(scene, leaseOf(scene, { expiresAt: scene.now() }))
      await scene.lent(leaseOf(scene, { token: 'other' }))
    },
  },
  {
    name: 'a lease lasts until one millisecond before its end',
    async prove(scene) {
      const lease = await scene.lent(leaseOf(scene))
      await scene.advance(lifetimeMs - 1)
      await expectHeld(scene, lease)
      await expectRefused(scene, leaseOf(scene, { token: 'other' }))
    },
  },
  {
    name: 'a lease expires at the exact millisecond of its end, and another token may take the name',
    async prove(scene) {
      const lease = await scene.lent(leaseOf(scene))
      await scene.advance(lifetimeMs)
      await expectNotHeld(scene, lease)
      await scene.lent(leaseOf(scene, { token: 'other' }))
      await expectRefused(scene, leaseOf(scene))
    },
  },
  {
    name: 'holdsLease answers false for a free name, and for another token',
    async prove(scene) {
      await expectNotHeld(scene, leaseOf(scene, { name: 'nobody' }))
      await scene.lent(leaseOf(scene))
      await expectNotHeld(scene, leaseOf(scene, { token: 'other' }))
    },
  },
  {
    name: 'releaseLease frees the name, and another token may take it',
    async prove(scene) {
      const lease = await scene.lent(leaseOf(scene))
      await scene.leases.releaseLease(lease)
      await expectNotHeld(scene, lease)
      await scene.lent(leaseOf(scene, { token: 'other' }))
    },
  },
  {
    name: 'releaseLease does nothing for a token that does not have the name, even when repeated',
    async prove(scene) {
      const lease = await scene.lent(leaseOf(scene))
      for (let time = 0; time < 2; time++) await scene.leases.releaseLease({ ...lease, token: 'other' })
      await expectHeld(scene, lease)
    },
  },
  {
    name: 'releaseLease does nothing for a token that has lost the name to another one',
    async prove(scene) {
      const lost = await scene.lent(leaseOf(scene, { expiresAt: scene.now() + 1000 }))
      await scene.advance(1000)
      const lease = await scene.lent(leaseOf(scene, { token: 'other' }))
      await scene.leases.releaseLease(lost)
      await expectHeld(scene, lease)
      await scene.leases.releaseLease(lease)
      await scene.leases.releaseLease(lease)
      await expectNotHeld(scene, lease)
    },
  },
  {
    name: 'releaseLease frees a prolonged lease, whichever end the caller passes',
    async prove(scene) {
      const lease = await scene.lent(leaseOf(scene))
      const longer = await scene.lent({ ...lease, expiresAt: lease.expiresAt + 1000 })
      await scene.leases.releaseLease(lease)
      await expectNotHeld(scene, longer)
    },
  },
  {
    name: 'of twenty concurrent tokens, exactly one gets the name',
    async prove(scene) {
      const lent = await twentyTimes(index =>
        scene.leases.acquireLease(leaseOf(scene, { token: `token${index}` })),
      )
      assert.equal(lent.filter(isLent => isLent).length, 1)
      const held = await twentyTimes(index =>
        scene.leases.holdsLease(leaseOf(scene, { token: `token${index}` })),
      )
      assert.deepEqual(held, lent)
    },
  },
  {
    name: 'every character of a name and of a token counts',
    async prove(scene) {
      for (const name of ['name', 'Name', 'nam_', 'name-']) await scene.lent(leaseOf(scene, { name }))
      for (const token of ['Token', 'token-', 'toke']) await expectRefused(scene, leaseOf(scene, { token }))
    },
  },
  {
    name: 'a lease and a record of the same name do not affect each other',
    async prove(scene) {
      const record = await scene.kept()
      const lease = await scene.lent(leaseOf(scene, { name: record.key }))
      await scene.expectKept(record)
      assert.equal(await scene.store.delete(record.key), true, 'Expected `delete` to remove the record.')
      await expectHeld(scene, lease)
      await scene.kept({ key: record.key })
      await scene.leases.releaseLease(lease)
      await scene.expectKept(record)
    },
  },
]

/** The clauses about leases, including those for stores with further powers. */
export const leaseClauses: readonly SceneClause[] = [
  ...clauses.map((clause): SceneClause => ({ ...clause, powers: ['leases'] })),
  {
    name: 'records streams no lease',
    powers: ['leases', 'enumerate'],
    async prove(scene) {
      await scene.lent(leaseOf(scene))
      for await (const record of scene.enumerating.records()) assert.fail(`It streams ${record.key}.`)
    },
  },
  {
    name: 'sweep counts no lease, and ends none before it expires',
    powers: ['leases', 'sweep'],
    async prove(scene) {
      await scene.lent(leaseOf(scene, { name: 'short', expiresAt: scene.now() + 1000 }))
      const lease = await scene.lent(leaseOf(scene))
      await scene.advance(1000)
      assert.equal((await scene.sweeping.sweep(100)).removed, 0)
      await expectHeld(scene, lease)
    },
  },
]

function leaseOf(scene: Scene, changes: Partial<Lease> = {}): Lease {
  return { name: 'name', token: 'token', expiresAt: scene.now() + lifetimeMs, ...changes }
}

async function expectHeld({ leases }: Scene, lease: Lease): Promise<void> {
  assert.equal(await leases.holdsLease(lease), true, 'Expected the token to have the name.')
}

async function expectNotHeld({ leases }: Scene, lease: Lease): Promise<void> {
  assert.equal(await leases.holdsLease(lease), false, 'Expected the token not to have the name.')
}

async function expectRefused(scene: Scene, lease: Lease): Promise<void> {
  assert.equal(await scene.leases.acquireLease(lease), false, 'Expected the name not to be lent.')
  await expectNotHeld(scene, lease)
}
