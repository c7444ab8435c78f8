import { anonymous } from '../../src/core/record/standing.ts'
import type { Lease } from '../../src/core/record/store.ts'
import type { PlainStore, Wrong } from './plain-store.ts'

/** For each clause about leases, a store that breaks it. */
export const wrongLeaseStores: { readonly [clause: string]: Wrong } = {
  'acquireLease lends a free name': () => ({ acquireLease: () => true, holdsLease: () => false }),
  'acquireLease answers false for a name that another token has, and changes nothing': honest => ({
    acquireLease(lease) {
      const held = honest.leaseOf(lease.name)
      if (held !== undefined && held.token !== lease.token) keep(honest, { ...lease, token: held.token })
      return honest.acquireLease(lease)
    },
  }),
  'acquireLease answers true for the token that has the name, and moves the end': honest => ({
    acquireLease: lease => honest.leaseOf(lease.name)?.token === lease.token || honest.acquireLease(lease),
  }),
  'acquireLease answers false for a lease that has already expired, and lends nothing': honest => ({
    acquireLease: lease => lease.expiresAt <= honest.now() || honest.acquireLease(lease),
  }),
  'a lease lasts until one millisecond before its end': honest => ({
    holdsLease: lease => honest.holdsLease(lease) && lasting(honest, lease.name) > 1,
  }),
  'a lease expires at the exact millisecond of its end, and another token may take the name': honest => ({
    holdsLease: ({ name, token }) => honest.leases.get(name)?.token === token && lasting(honest, name) >= 0,
  }),
  'holdsLease answers false for a free name, and for another token': honest => ({
    holdsLease: ({ name }) => honest.leaseOf(name) !== undefined,
  }),
  'releaseLease frees the name, and another token may take it': () => ({ releaseLease() {} }),
  'releaseLease does nothing for a token that does not have the name, even when repeated': removing,
  'releaseLease does nothing for a token that has lost the name to another one': removing,
  'releaseLease frees a prolonged lease, whichever end the caller passes': honest => ({
    releaseLease(lease) {
      if (honest.leaseOf(lease.name)?.expiresAt === lease.expiresAt) honest.releaseLease(lease)
    },
  }),
  'of twenty concurrent tokens, exactly one gets the name': honest => ({
    async acquireLease(lease) {
      const isFree = honest.leaseOf(lease.name) === undefined
      await Promise.resolve()
      if (isFree) keep(honest, lease)
      return isFree
    },
  }),
  'every character of a name and of a token counts': honest => ({
    acquireLease: lease => honest.acquireLease({ ...lease, token: lease.token.toLowerCase() }),
    holdsLease: lease => honest.holdsLease({ ...lease, token: lease.token.toLowerCase() }),
  }),
  'a lease and a record of the same name do not affect each other': honest => ({
    delete(key) {
      honest.leases.delete(key)
      return honest.delete(key)
    },
  }),
  'records streams no lease': honest => ({
    *records() {
      yield* honest.records()
      const times = { createdAt: honest.now(), touchedAt: honest.now() }
      for (const { name, token, expiresAt } of honest.leases.values())
        yield { ...anonymous, ...times, key: name, version: 1, expiresAt, data: token }
    },
  }),
  'sweep counts no lease, and ends none before it expires': honest => ({
    sweep(limit) {
      const over = [...honest.leases.keys()].filter(name => honest.leaseOf(name) === undefined)
      return { removed: honest.sweep(limit).removed + over.length }
    },
  }),
}

function removing(honest: PlainStore): ReturnType<Wrong> {
  return {
    releaseLease({ name }) {
      honest.leases.delete(name)
    },
  }
}

function keep({ leases }: PlainStore, lease: Lease): void {
  leases.set(lease.name, lease)
}

/** How long a lease lasts from now on. */
function lasting({ leases, now }: PlainStore, name: string): number {
  return (leases.get(name)?.expiresAt ?? 0) - now()
}
