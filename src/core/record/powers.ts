import type { LeasingStore, Store, SubjectStore } from './store.ts'

/** Whether a store knows whose sessions are whose. */
export function knowsSubjects(store: Store<unknown>): store is SubjectStore<unknown> {
  return hasVerbs(store, ['ofSubject', 'epochOf', 'raiseEpoch'])
}

/** Whether a store can lend names, so that all its processes take turns. */
export function lendsNames(store: Store<unknown>): store is LeasingStore<unknown> {
  return hasVerbs(store, ['acquireLease', 'holdsLease', 'releaseLease'])
}

function hasVerbs(store: Store<unknown>, verbs: readonly string[]): boolean {
  return verbs.every(verb => typeof Reflect.get(store, verb) === 'function')
}
