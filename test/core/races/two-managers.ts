import type { SessionsOptions } from '../../../src/core/policy/options.ts'
import type { StoreVerb } from '../../../src/core/record/deadline.ts'
import type { MaybePromise, StoreTraits } from '../../../src/core/record/store.ts'
import type { Sessions } from '../../../src/core/sessions.ts'
import type { FakeClock } from '../../../src/testing/fake-clock.ts'
import { type Anything, atOnce, later, stage, type TestVisit, type Visitor, writesLater } from '../stage.ts'
import type { StandIn, WatchedStore } from '../watched-store.ts'

/** Two managers with one store and one clock, like two processes. */
export interface TwoManagers {
  readonly clock: FakeClock
  readonly store: WatchedStore
  readonly one: Sessions<Anything>
  readonly other: Sessions<Anything>
  visitor(cookie?: string): Visitor
  /** The same browser, with its next request at the other process. */
  elsewhere(visitor: Visitor): Visitor
}

export const stores: readonly (readonly [kind: string, traits: StoreTraits])[] = [
  ['answers at once', atOnce],
  ['reads at once and writes later', writesLater],
  ['answers later', later],
]

export function twoManagers(options: Partial<SessionsOptions>, traits: StoreTraits): TwoManagers {
  const first = stage(options, traits)
  const { clock, store, visitor } = first
  const second = stage({ ...options, clock, store }, traits)
  return {
    clock,
    store,
    visitor,
    one: first.sessions,
    other: second.sessions,
    elsewhere: ({ cookie }) => second.visitor(cookie),
  }
}

/** A browser that is signed in. */
export async function signedIn(at: TwoManagers, subject = 'ada'): Promise<Visitor> {
  const visitor = at.visitor()
  await visitor.request(session => session.signIn(subject))
  return visitor
}

/** A browser with a session, but without a sign-in. */
export async function known(at: { visitor(): Visitor }, values: object = { user: 'ada' }): Promise<Visitor> {
  const visitor = at.visitor()
  await visitor.request(session => Object.assign(session, values))
  return visitor
}

/** The data of the only record; all records when there is not exactly one. */
export function stored(store: WatchedStore): unknown {
  const records = store.records()
  return records.length === 1 ? JSON.parse(String(records[0]?.data)) : records
}

/** Commits a request, and answers its cookie and its error. It does not throw. */
export async function commit(visit: TestVisit): Promise<{ setCookie: string | undefined; error: unknown }> {
  const error = await failureOf(() => visit.commit())
  return { setCookie: visit.setCookie, error }
}

/** The code of the error that work throws, or the error itself without a code; undefined when it throws none. */
export async function failureOf(work: () => MaybePromise<unknown>): Promise<unknown> {
  try {
    await work()
    return undefined
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error
  }
}

/** A pseudorandom source of numbers from 0 to 1: the same seed gives the same numbers. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Makes a store take a random number of microtasks before and after each load and replacement. */
export function delay(store: WatchedStore, random: () => number): void {
  const { inner } = store
  const slow = async <Answer>(work: () => Answer): Promise<Answer> => {
    for (let turns = Math.floor(random() * 12); turns > 0; turns -= 1) await Promise.resolve()
    const answer = work()
    for (let turns = Math.floor(random() * 12); turns > 0; turns -= 1) await Promise.resolve()
    return answer
  }
  store.load = key => slow(() => inner.load(key))
  store.replace = (record, version) => slow(() => inner.replace(record, version))
}

/** Where a test can interrupt a call: before it takes effect, or after, before its answer arrives. */
export const moments = ['before', 'after'] as const
export type Moment = (typeof moments)[number]

const verbs: readonly StoreVerb[] = [
  'create',
  'load',
  'replace',
  'touch',
  'delete',
  'list the sessions of a subject',
  'read the epoch of a subject',
  'exchange the epoch of a subject',
  'end sessions of a subject',
]
/** More calls than any one method of a session makes. */
const mostCalls = 12

/** Runs something at the call with this number from now on, whichever verb it is. `hasCome` tells whether the call came. */
export function atCall(
  store: WatchedStore,
  { number, moment }: { readonly number: number; readonly moment: Moment },
  happening: () => MaybePromise<void>,
): { hasCome(): boolean } {
  let calls = 0
  const standIn: StandIn = async work => {
    const isIt = calls === number
    calls += 1
    if (isIt && moment === 'before') await happening()
    const answer = await work()
    if (isIt && moment === 'after') await happening()
    return answer
  }
  for (const verb of verbs) for (let count = 0; count < mostCalls; count += 1) store.next(verb, standIn)
  return { hasCome: () => calls > number }
}

/** All places at which a test can interrupt a method with this many calls. */
export function placesIn(calls: number): readonly { readonly number: number; readonly moment: Moment }[] {
  return Array.from({ length: calls }, (_, number) => moments.map(moment => ({ number, moment }))).flat()
}
