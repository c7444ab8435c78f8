import { longestLifetimeMs } from '../cookies/set-cookie.ts'
import type { StoreVerb } from '../record/deadline.ts'
import { type Device, parseDevice } from '../record/device.ts'
import { chain } from '../record/maybe-promise.ts'
import type {
  EpochExchange,
  LoadedRecord,
  MaybePromise,
  SessionFacts,
  StoreCall,
  SubjectEpoch,
  SubjectListing,
  SubjectStore,
} from '../record/store.ts'
import { conflictError, unableError } from '../report/errors.ts'
import { publish } from '../report/events.ts'
import type { Engine } from './engine.ts'

/** How often to try again when two calls set the epoch of one subject at the same time. */
const mostAttempts = 64

/** A session in a list, for its user or an administrator. Nothing in it can be used as a cookie. */
export interface SessionSummary {
  /** The handle of the session, for `end` and `find`. */
  readonly handle: string
  readonly subject: string | undefined
  readonly createdAt: number
  /** When the subject signed in; undefined for an anonymous session. */
  readonly authenticatedAt: number | undefined
  /** When the session was last active. Activity within `touchEvery` may not be recorded yet. */
  readonly lastActiveAt: number
  readonly expiresAt: number
  readonly device: Device
}

/** Finds and ends sessions, by subject or by key. */
export class Subjects {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** @throws SojournError `STORE_UNABLE` if the store cannot find sessions by subject. */
  demandStore(): SubjectStore<unknown> {
    const { subjectStore, store } = this.#engine
    if (subjectStore !== undefined) return subjectStore
    throw unableError(store.name, 'find sessions by subject')
  }

  /** Lists the live sessions of a subject, the most recently active first, and its epoch. */
  list(subject: string): MaybePromise<SubjectListing> {
    const listing = this.#ask('list the sessions of a subject', (store, call) =>
      store.ofSubject(subject, call),
    )
    return chain(listing, ({ sessions, epoch }) => {
      const now = this.#engine.now()
      const live = sessions.filter(
        each =>
          each.subject === subject && !this.#engine.timeouts.isOver(now, each) && !hasEnded(each, epoch),
      )
      return { sessions: live.sort((one, other) => other.touchedAt - one.touchedAt), epoch }
    })
  }

  /** The epoch for a sign-in at this moment. */
  epochOf(subject: string): MaybePromise<SubjectEpoch | undefined> {
    return this.#ask('read the epoch of a subject', (store, call) => store.epochOf(subject, call))
  }

  /**
   * Ends the sessions of a subject, except one. Returns the number of sessions that it ended.
   *
   * It sets the epoch first. A concurrent sign-in then either sees the new epoch in its last check and fails, or is already
   * stored and is removed. A sign-in that has begun under the new epoch stays.
   */
  async endAll(subject: string, except?: string): Promise<number> {
    const epoch =
      except === undefined ? await this.#exceptNone(subject) : await this.#exceptOne(subject, except)
    const keys = await this.#ask('end sessions of a subject', (store, call) =>
      store.endBelow(subject, epoch, call),
    )
    for (const key of keys) this.#noteEnd(key)
    return keys.length
  }

  /** Ends one session by its key. Returns whether there was one. */
  async end(key: string): Promise<boolean> {
    const wasThere = await this.#engine.ask('delete', undefined, (store, call) => store.delete(key, call))
    if (wasThere) this.#noteEnd(key)
    else this.#engine.recollection.noteEnd(key)
    return wasThere
  }

  /** Finds one session by its key. */
  async find(key: string): Promise<SessionFacts | undefined> {
    const record = await this.#load(key)
    return record !== undefined && this.#engine.timeouts.isOver(this.#engine.now(), record)
      ? undefined
      : record
  }

  /** Ends all sessions but one; and that one too, if it is not live itself. */
  async #exceptOne(subject: string, except: string, attempts = 1): Promise<SubjectEpoch> {
    const spared = await this.#load(except)
    if (spared?.subject !== subject) return this.#exceptNone(subject)
    const expected = spared.subjectEpoch?.epoch ?? 0
    const epoch = await this.#exchange({ subject, next: this.#next(expected, except), expected })
    if (epoch !== undefined) return epoch
    if (attempts === mostAttempts) throw conflictError('set the epoch of a subject', mostAttempts)
    return this.#exceptOne(subject, except, attempts + 1)
  }

  async #exceptNone(subject: string): Promise<SubjectEpoch> {
    const next = this.#next(0, undefined)
    // Without an expected epoch there is no conflict.
    return (await this.#exchange({ subject, next, expected: undefined })) ?? next
  }

  async #exchange(exchange: EpochExchange): Promise<SubjectEpoch | undefined> {
    const epoch = await this.#ask('exchange the epoch of a subject', (store, call) =>
      store.exchangeEpoch(exchange, call),
    )
    return epoch === undefined ? undefined : { ...exchange.next, epoch }
  }

  #next(present: number, except: string | undefined): SubjectEpoch {
    const now = this.#engine.now()
    // No cookie lives longer. So after that, no visitor can still use a session of a lower epoch.
    return { epoch: Math.max(present + 1, now), except, expiresAt: now + longestLifetimeMs }
  }

  /** Loads a session that its subject's epoch has not ended. */
  async #load(key: string): Promise<LoadedRecord<unknown> | undefined> {
    const record = await this.#engine.ask('load', undefined, (store, call) => store.load(key, call))
    return record !== undefined && hasEnded(record, record.subjectEpoch) ? undefined : record
  }

  #noteEnd(key: string): void {
    this.#engine.recollection.noteEnd(key)
    publish('destroyed', () => ({ handle: key }))
  }

  #ask<Answer>(
    verb: StoreVerb,
    ask: (store: SubjectStore<unknown>, call: StoreCall) => MaybePromise<Answer>,
  ): MaybePromise<Answer> {
    const store = this.demandStore()
    return this.#engine.ask(verb, undefined, (_store, call) => ask(store, call))
  }
}

/** Whether the epoch of its subject has ended a session. It never ends an anonymous one. */
export function hasEnded(
  { key, subject, epoch: began }: SessionFacts,
  epoch: SubjectEpoch | undefined,
): boolean {
  return subject !== undefined && epoch !== undefined && began < epoch.epoch && epoch.except !== key
}

/** Makes the public summary of a session. */
export function summaryOf(facts: SessionFacts): SessionSummary {
  const { key: handle, subject, createdAt, authenticatedAt, touchedAt: lastActiveAt, expiresAt } = facts
  const device = parseDevice(facts.device)
  return { handle, subject, createdAt, authenticatedAt, lastActiveAt, expiresAt, device }
}

/** Whether a value has the form of a handle. The store is never asked for any other text. */
export function isHandle(handle: unknown): handle is string {
  return typeof handle === 'string' && /^[A-Za-z0-9_-]{43}$/.test(handle)
}
