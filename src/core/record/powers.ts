import type { LeasingStore, Store, SubjectStore } from './store.ts'

/** Whether a store can find sessions by subject. */
export function knowsSubjects(store: Store<unknown>): store is SubjectStore<unknown> {
  return hasVerbs(store, ['ofSubject', 'epochOf', 'raiseEpoch'])
}

/** Whether a store can grant leases, which work across processes. */
export function lendsNames(store: Store<unknown>): store is LeasingStore<unknown> {
  return hasVerbs(store, ['acquireLease', 'holdsLease', 'releaseLease'])
}

function hasVerbs(store: Store<unknown>, verbs: readonly string[]): boolean {
  return verbs.every(verb => typeof Reflect.get(store, verb) === 'function')
}
