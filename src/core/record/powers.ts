import type { EnumeratingStore, LeasingStore, Store, SubjectStore, SweepingStore } from './store.ts'

const methodNames = {
  subjects: ['ofSubject', 'epochOf', 'exchangeEpoch', 'endBelow'],
  leases: ['acquireLease', 'holdsLease', 'releaseLease'],
} as const

export function canEnumerate<Data>(store: Store<Data>): store is EnumeratingStore<Data> {
  return hasMethod(store, 'records')
}

export function canSweep<Data>(store: Store<Data>): store is SweepingStore<Data> {
  return hasMethod(store, 'sweep')
}

/** Whether a store can find sessions by subject. */
export function knowsSubjects<Data>(store: Store<Data>): store is SubjectStore<Data> {
  return methodsOf(store, 'subjects').length === methodNames.subjects.length
}

/** Whether a store can grant leases, which work across processes. */
export function lendsNames<Data>(store: Store<Data>): store is LeasingStore<Data> {
  return methodsOf(store, 'leases').length === methodNames.leases.length
}

/** The methods of a power that a store has. A power is of use only with all of them. */
export function methodsOf(store: object, power: keyof typeof methodNames): readonly string[] {
  return methodNames[power].filter(name => hasMethod(store, name))
}

function hasMethod(store: object, name: string): boolean {
  return typeof Reflect.get(store, name) === 'function'
}
