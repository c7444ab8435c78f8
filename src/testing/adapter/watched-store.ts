import type {
  Activity,
  EpochExchange,
  MaybePromise,
  Replacement,
  SessionRecord,
  StoreTraits,
  SubjectEpoch,
  SubjectListing,
  SubjectStore,
} from '../../core/record/store.ts'
import { Gate } from './gate.ts'

/** When a store answers: without a promise, or in a later turn of the event loop, as over a network. */
export type Promptness = 'at once' | 'later'

type Verb = Exclude<keyof SubjectStore, 'name' | 'traits' | 'hasEnded'>

/**
 * The store that the contract hands to an adapter. It notes each call, and a clause can hold or break its verbs. Sessions in
 * it never expire, because no time passes in a clause.
 */
export class WatchedStore implements SubjectStore {
  readonly name: string = 'watched'
  readonly traits: StoreTraits
  readonly calls: Verb[] = []
  /** How many calls the store has not answered yet. */
  pending = 0
  readonly #records = new Map<string, SessionRecord>()
  readonly #gates = new Map<Verb, Gate>()
  readonly #broken = new Set<Verb>()
  readonly #called = new Map<Verb, Gate>()

  constructor(promptness: Promptness) {
    this.traits = { readsAtOnce: promptness === 'at once' }
  }

  /** The number of sessions. */
  get size(): number {
    return this.#records.size
  }

  /** Makes calls of a verb wait for the gate before they act. */
  hold(verb: Verb): Gate {
    const gate = new Gate()
    this.#gates.set(verb, gate)
    return gate
  }

  /** Makes every call of a verb fail. */
  break(verb: Verb): void {
    this.#broken.add(verb)
  }

  /** Opens all gates, and makes every verb work again. */
  mend(): void {
    for (const gate of this.#gates.values()) gate.open()
    this.#gates.clear()
    this.#broken.clear()
  }

  /** Resolves at the next call of the verb. */
  called(verb: Verb): Promise<void> {
    const gate = this.#called.get(verb) ?? new Gate()
    this.#called.set(verb, gate)
    return gate.passed
  }

  create(record: SessionRecord): MaybePromise<boolean> {
    return this.#run('create', () => !this.#records.has(record.key) && this.#keep(record))
  }

  load(key: string): MaybePromise<SessionRecord | undefined> {
    return this.#run('load', () => this.#records.get(key))
  }

  replace(record: SessionRecord, expectedVersion: number): MaybePromise<Replacement> {
    return this.#run('replace', () => {
      const found = this.#records.get(record.key)
      if (found?.version !== expectedVersion) return found ?? 'gone'
      this.#keep(record)
      return 'replaced'
    })
  }

  touch(key: string, activity: Activity): MaybePromise<boolean> {
    return this.#run('touch', () => {
      const found = this.#records.get(key)
      return found !== undefined && this.#keep({ ...found, ...activity })
    })
  }

  delete(key: string): MaybePromise<boolean> {
    return this.#run('delete', () => this.#records.delete(key))
  }

  ofSubject(subject: string): MaybePromise<SubjectListing> {
    return this.#run('ofSubject', () => ({ sessions: this.#of(subject), epoch: undefined }))
  }

  epochOf(): MaybePromise<SubjectEpoch | undefined> {
    return this.#run('epochOf', () => undefined)
  }

  exchangeEpoch({ next }: EpochExchange): MaybePromise<number | undefined> {
    return this.#run('exchangeEpoch', () => next.epoch)
  }

  endBelow(subject: string, { epoch, except }: SubjectEpoch): MaybePromise<readonly string[]> {
    return this.#run('endBelow', () => {
      const ended = this.#of(subject).filter(each => each.epoch < epoch && each.key !== except)
      for (const { key } of ended) this.#records.delete(key)
      return ended.map(({ key }) => key)
    })
  }

  #of(subject: string): readonly SessionRecord[] {
    return [...this.#records.values()].filter(each => each.subject === subject)
  }

  #keep(record: SessionRecord): true {
    this.#records.set(record.key, record)
    return true
  }

  #run<Answer>(verb: Verb, act: () => Answer): MaybePromise<Answer> {
    this.calls.push(verb)
    this.#called.get(verb)?.open()
    this.#called.delete(verb)
    const answer = (): Answer => {
      if (this.#broken.has(verb)) throw new Error(`The contract has broken \`${verb}\`.`)
      return act()
    }
    const gate = this.#gates.get(verb)
    return this.traits.readsAtOnce && gate === undefined ? answer() : this.#answerLater(answer, gate)
  }

  async #answerLater<Answer>(answer: () => Answer, gate: Gate | undefined): Promise<Answer> {
    this.pending += 1
    try {
      await new Promise(resolve => setImmediate(resolve))
      await gate?.passed
      return answer()
    } finally {
      this.pending -= 1
    }
  }
}
