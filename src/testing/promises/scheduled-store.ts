import type {
  EpochExchange,
  LoadedRecord,
  MaybePromise,
  Replacement,
  SessionRecord,
  Store,
  StoreTraits,
  SubjectEpoch,
  SubjectListing,
  SubjectStore,
  Touch,
} from '../../core/record/store.ts'
import type { Operation } from './operation.ts'
import { type StoreCall, storeCall } from './store-call.ts'
import type { WaitingCalls } from './story.ts'

/** What a scheduled store needs from the story. */
export interface Schedule {
  /** Which calls wait until the story lets them through. */
  readonly waits: WaitingCalls
  /** The operation that is calling. */
  current(): Operation
  /** Called when a call takes effect. */
  noteEffect(operation: Operation, isRead: boolean): void
}

/** The verbs that a store with the trait `readsAtOnce` answers without a promise. */
const readingVerbs: ReadonlySet<string> = new Set(['load', 'ofSubject', 'epochOf'])

/** How a call to a store that answers at once fails: before it takes effect (`fail`), or after (`lose`). */
export type Mishap = 'fail' | 'lose'

/** The store of a story. It wraps the store to prove, and the story decides when each call takes effect. */
export class ScheduledStore implements Store {
  readonly name: string
  readonly traits: StoreTraits
  /** The calls without an answer, the oldest first. */
  readonly waiting: StoreCall[] = []
  /** Everything that the store was handed, as text. */
  readonly handed: string[] = []
  /** How the next call to a store that answers at once fails. */
  mishap: Mishap | undefined
  readonly #inner: Store
  readonly #schedule: Schedule
  #underWay = 0

  constructor(inner: Store, schedule: Schedule) {
    this.#inner = inner
    this.#schedule = schedule
    this.name = inner.name
    this.traits = { ...inner.traits, readsAtOnce: schedule.waits !== 'all' }
  }

  /** Whether the inner store is still working on a call that the story has let through. */
  get isBusy(): boolean {
    return this.#underWay > 0
  }

  create(record: SessionRecord): MaybePromise<boolean> {
    return this.ask('create', record, () => this.#inner.create(record))
  }

  load(key: string): MaybePromise<LoadedRecord | undefined> {
    return this.ask('load', key, () => this.#inner.load(key))
  }

  replace(record: SessionRecord, expectedVersion: number): MaybePromise<Replacement> {
    return this.ask('replace', record, () => this.#inner.replace(record, expectedVersion))
  }

  touch(key: string, activity: Touch): MaybePromise<boolean> {
    return this.ask('touch', { key, activity }, () => this.#inner.touch(key, activity))
  }

  delete(key: string): MaybePromise<boolean> {
    return this.ask('delete', key, () => this.#inner.delete(key))
  }

  /** Runs one store call when the story lets it through. */
  protected ask<Answer>(
    verb: string,
    given: unknown,
    work: () => MaybePromise<Answer>,
  ): MaybePromise<Answer> {
    const operation = this.#schedule.current()
    operation.calls += 1
    this.handed.push(textOf(given))
    const take = (): MaybePromise<Answer> => {
      this.#schedule.noteEffect(operation, readingVerbs.has(verb))
      return this.#watched(work())
    }
    if (operation.isAudit) return take()
    if (!this.#mustWait(verb)) return this.#askNow(operation, take)
    return new Promise((resolve, reject) => {
      this.waiting.push(storeCall({ operation, verb, take, resolve, reject }))
    })
  }

  /** Counts the calls that the inner store is working on, so that the story can wait for them. */
  #watched<Answer>(answer: MaybePromise<Answer>): MaybePromise<Answer> {
    if (!(answer instanceof Promise)) return answer
    this.#underWay += 1
    return answer.finally(() => {
      this.#underWay -= 1
    })
  }

  #mustWait(verb: string): boolean {
    const { waits } = this.#schedule
    return waits === 'all' || (waits === 'writes' && !readingVerbs.has(verb))
  }

  #askNow<Answer>(operation: Operation, take: () => MaybePromise<Answer>): MaybePromise<Answer> {
    const { mishap } = this
    this.mishap = undefined
    if (mishap === undefined) return take()
    operation.failures += 1
    if (mishap === 'lose') void take()
    throw new Error('The story lets this call fail.')
  }
}

/** The same for a store with the power `subjects`. */
export class ScheduledSubjectStore extends ScheduledStore implements SubjectStore {
  readonly #inner: SubjectStore

  constructor(inner: SubjectStore, schedule: Schedule) {
    super(inner, schedule)
    this.#inner = inner
  }

  ofSubject(subject: string): MaybePromise<SubjectListing> {
    return this.ask('ofSubject', subject, () => this.#inner.ofSubject(subject))
  }

  epochOf(subject: string): MaybePromise<SubjectEpoch | undefined> {
    return this.ask('epochOf', subject, () => this.#inner.epochOf(subject))
  }

  exchangeEpoch(exchange: EpochExchange): MaybePromise<number | undefined> {
    return this.ask('exchangeEpoch', exchange, () => this.#inner.exchangeEpoch(exchange))
  }

  endBelow(subject: string, epoch: SubjectEpoch): MaybePromise<readonly string[]> {
    return this.ask('endBelow', epoch, () => this.#inner.endBelow(subject, epoch))
  }
}

/** Writes bytes as one character each, so that a search finds text in them. */
function textOf(given: unknown): string {
  return JSON.stringify(given, (_name, value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
  )
}
