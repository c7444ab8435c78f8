import type { StoreVerb } from '../../src/core/record/deadline.ts'
import type {
  EpochExchange,
  Lease,
  LeasingStore,
  LoadedRecord,
  MaybePromise,
  Replacement,
  SessionRecord,
  StoreTraits,
  SubjectEpoch,
  SubjectListing,
  SubjectStore,
  Touch,
} from '../../src/core/record/store.ts'
import type { Clock } from '../../src/core/time/clock.ts'
import { memoryStore, type RecordMemory } from '../../src/stores/memory.ts'

/** How a watched store answers. */
export interface WatchedTraits extends StoreTraits {
  /** Set for a store that writes later, although it reads at once. */
  readonly writesLater?: boolean
}

const writingVerbs: ReadonlySet<StoreVerb> = new Set([
  'create',
  'replace',
  'touch',
  'delete',
  'exchange the epoch of a subject',
  'end sessions of a subject',
  'give a lease',
  'end a lease',
])

/** Replaces one call of a verb. It may run the store's work, or not, now or later. */
export type StandIn = <Answer>(work: () => Answer) => MaybePromise<Answer>

/** Holds a call until a test opens it. */
export interface Gate {
  /** Resolves when a call waits at the gate. */
  readonly reached: Promise<void>
  open(): void
}

/** A memory store that notes its calls. A test can hold them, fail them or answer them itself. */
export class WatchedStore implements SubjectStore, LeasingStore {
  readonly name: string = 'watched'
  readonly traits: WatchedTraits
  readonly inner: RecordMemory
  /** The verb of every call, in order. */
  readonly calls: StoreVerb[] = []
  /** Every key and every record that the store was given, as text. */
  readonly seen: string[] = []
  /** The tokens of the leases that were acquired and not released. */
  readonly leases: Set<string> = new Set()
  readonly #standIns = new Map<StoreVerb, StandIn[]>()

  constructor(clock: Clock, traits: WatchedTraits) {
    this.inner = memoryStore({ clock })
    this.traits = traits
  }

  create(record: SessionRecord): MaybePromise<boolean> {
    return this.#ask('create', record, () => this.inner.create(record))
  }

  load(key: string): MaybePromise<LoadedRecord | undefined> {
    return this.#ask('load', key, () => this.inner.load(key))
  }

  replace(record: SessionRecord, expectedVersion: number): MaybePromise<Replacement> {
    return this.#ask('replace', record, () => this.inner.replace(record, expectedVersion))
  }

  touch(key: string, activity: Touch): MaybePromise<boolean> {
    return this.#ask('touch', key, () => this.inner.touch(key, activity))
  }

  delete(key: string): MaybePromise<boolean> {
    return this.#ask('delete', key, () => this.inner.delete(key))
  }

  ofSubject(subject: string): MaybePromise<SubjectListing> {
    return this.#ask('list the sessions of a subject', subject, () => this.inner.ofSubject(subject))
  }

  epochOf(subject: string): MaybePromise<SubjectEpoch | undefined> {
    return this.#ask('read the epoch of a subject', subject, () => this.inner.epochOf(subject))
  }

  exchangeEpoch(exchange: EpochExchange): MaybePromise<number | undefined> {
    return this.#ask('exchange the epoch of a subject', exchange, () => this.inner.exchangeEpoch(exchange))
  }

  endBelow(subject: string, epoch: SubjectEpoch): MaybePromise<readonly string[]> {
    return this.#ask('end sessions of a subject', subject, () => this.inner.endBelow(subject, epoch))
  }

  acquireLease(lease: Lease): MaybePromise<boolean> {
    return this.#ask('give a lease', lease, () => {
      const isTaken = this.inner.acquireLease(lease)
      if (isTaken) this.leases.add(lease.token)
      return isTaken
    })
  }

  holdsLease(lease: Lease): MaybePromise<boolean> {
    return this.#ask('check a lease', lease, () => this.inner.holdsLease(lease))
  }

  releaseLease(lease: Lease): MaybePromise<void> {
    return this.#ask('end a lease', lease, () => {
      this.leases.delete(lease.token)
      this.inner.releaseLease(lease)
    })
  }

  /** Replaces the next call of a verb. A second stand-in replaces the call after that. */
  next(verb: StoreVerb, standIn: StandIn): void {
    this.#standIns.set(verb, [...(this.#standIns.get(verb) ?? []), standIn])
  }

  /** Makes the next call of a verb fail without any effect. */
  fail(verb: StoreVerb, error: Error = new Error('the store is down')): void {
    this.next(verb, () => {
      throw error
    })
  }

  /** Holds the next call of a verb before it takes effect. */
  hold(verb: StoreVerb): Gate {
    const { gate, opened } = newGate()
    this.next(verb, async work => {
      await opened()
      return work()
    })
    return gate
  }

  /** Holds the answer of the next call of a verb, which takes effect at once. */
  holdAnswer(verb: StoreVerb): Gate {
    const { gate, opened } = newGate()
    this.next(verb, async work => {
      const answer = work()
      await opened()
      return answer
    })
    return gate
  }

  records(): SessionRecord[] {
    return [...this.inner.records()]
  }

  /** Forgets the noted calls. */
  forgetCalls(): void {
    this.calls.length = 0
  }

  #ask<Answer>(verb: StoreVerb, given: unknown, work: () => Answer): MaybePromise<Answer> {
    this.calls.push(verb)
    this.seen.push(JSON.stringify(given))
    const standIn = this.#standIns.get(verb)?.shift()
    if (standIn !== undefined) return standIn(work)
    return this.#isNow(verb) ? work() : Promise.resolve().then(work)
  }

  #isNow(verb: StoreVerb): boolean {
    return this.traits.readsAtOnce === true && !(this.traits.writesLater === true && writingVerbs.has(verb))
  }
}

function newGate(): { readonly gate: Gate; opened(): Promise<void> } {
  let reach = (): void => undefined
  let open = (): void => undefined
  const reached = new Promise<void>(resolve => {
    reach = resolve
  })
  const opening = new Promise<void>(resolve => {
    open = resolve
  })
  const opened = (): Promise<void> => {
    reach()
    return opening
  }
  return { gate: { reached, open: () => open() }, opened }
}
