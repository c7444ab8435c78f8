import type {
  Activity,
  MaybePromise,
  Replacement,
  SessionFacts,
  SessionRecord,
  Store,
  StoreTraits,
  SubjectEpoch,
  SubjectStore,
} from '../../core/record/store.ts'
import type { Operation } from './operation.ts'
import { type StoreCall, storeCall } from './store-call.ts'
import type { WaitingCalls } from './story.ts'

/** What a scheduled store needs to know of the story. */
export interface Schedule {
  /** Which calls wait until the story lets them through. */
  readonly waits: WaitingCalls
  /** Who is calling. */
  current(): Operation
  /** Told when a call takes effect. */
  noteEffect(operation: Operation): void
}

/** What a store with the trait `readsAtOnce` answers without a promise. */
const readingVerbs: ReadonlySet<string> = new Set(['load', 'ofSubject', 'epochOf'])

/** How a call of a store that answers at once goes wrong: before it has taken effect, or after. */
export type Mishap = 'fail' | 'lose'

/** The store of a story: the one to be proved, with each of its calls in the story's hands. */
export class ScheduledStore implements Store {
  readonly name: string
  readonly traits: StoreTraits
  /** The calls that have not been answered, the oldest first. */
  readonly waiting: StoreCall[] = []
  /** All that the store was handed, as text. */
  readonly handed: string[] = []
  /** How the next call of a store that answers at once goes wrong. */
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

  /** Whether the store itself is at work on something that the story has let through. */
  get isBusy(): boolean {
    return this.#underWay > 0
  }

  create(record: SessionRecord): MaybePromise<boolean> {
    return this.ask('create', record, () => this.#inner.create(record))
  }

  load(key: string): MaybePromise<SessionRecord | undefined> {
    return this.ask('load', key, () => this.#inner.load(key))
  }

  replace(record: SessionRecord, expectedVersion: number): MaybePromise<Replacement> {
    return this.ask('replace', record, () => this.#inner.replace(record, expectedVersion))
  }

  touch(key: string, activity: Activity, held: SessionRecord): MaybePromise<boolean> {
    return this.ask('touch', { key, activity }, () => this.#inner.touch(key, activity, held))
  }

  delete(key: string): MaybePromise<boolean> {
    return this.ask('delete', key, () => this.#inner.delete(key))
  }

  /** Puts one call of the store into the story's hands. */
  protected ask<Answer>(
    verb: string,
    given: unknown,
    work: () => MaybePromise<Answer>,
  ): MaybePromise<Answer> {
    const operation = this.#schedule.current()
    operation.calls += 1
    this.handed.push(textOf(given))
    const take = (): MaybePromise<Answer> => {
      this.#schedule.noteEffect(operation)
      return this.#watched(work())
    }
    if (operation.isAudit) return take()
    if (!this.#mustWait(verb)) return this.#askNow(operation, take)
    return new Promise((resolve, reject) => {
      this.waiting.push(storeCall({ operation, verb, take, resolve, reject }))
    })
  }

  /** Counts what the store itself takes its time for, so that the story can wait for it. */
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

/** The same for a store that knows whose sessions are whose. */
export class ScheduledSubjectStore extends ScheduledStore implements SubjectStore {
  readonly #inner: SubjectStore

  constructor(inner: SubjectStore, schedule: Schedule) {
    super(inner, schedule)
    this.#inner = inner
  }

  ofSubject(subject: string): MaybePromise<readonly SessionFacts[]> {
    return this.ask('ofSubject', subject, () => this.#inner.ofSubject(subject))
  }

  epochOf(subject: string): MaybePromise<SubjectEpoch | undefined> {
    return this.ask('epochOf', subject, () => this.#inner.epochOf(subject))
  }

  raiseEpoch(subject: string, epoch: SubjectEpoch): MaybePromise<void> {
    return this.ask('raiseEpoch', epoch, () => this.#inner.raiseEpoch(subject, epoch))
  }
}

/** Whether a store knows whose sessions are whose. */
export function knowsSubjects(store: Store): store is SubjectStore {
  return 'ofSubject' in store && 'epochOf' in store && 'raiseEpoch' in store
}

/** Bytes are shown one character each, so that text in them is found. */
function textOf(given: unknown): string {
  return JSON.stringify(given, (_name, value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
  )
}
