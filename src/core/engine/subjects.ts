import { longestLifetimeMs } from '../cookies/set-cookie.ts'
import type { StoreVerb } from '../record/deadline.ts'
import { type Device, parseDevice } from '../record/device.ts'
import { chain } from '../record/maybe-promise.ts'
import type { MaybePromise, SessionFacts, SubjectEpoch, SubjectStore } from '../record/store.ts'
import { unableError } from '../report/errors.ts'
import { publish } from '../report/events.ts'
import type { Engine } from './engine.ts'

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

  /** Lists the live sessions of a subject, the most recently active first. */
  list(subject: string): MaybePromise<readonly SessionFacts[]> {
    const listing = this.#ask('list the sessions of a subject', store => store.ofSubject(subject))
    return chain(listing, found => {
      // Decided before the epoch is loaded: after that wait, a session that was active meanwhile would look expired.
      const now = this.#engine.now()
      const live = found.filter(each => each.subject === subject && !this.#engine.timeouts.isOver(now, each))
      return chain(this.#epochOf(subject), epoch =>
        live.filter(facts => !isBefore(facts, epoch)).sort((one, other) => other.touchedAt - one.touchedAt),
      )
    })
  }

  /** The epoch for a sign-in at this moment. */
  currentEpoch(subject: string): MaybePromise<number> {
    return chain(this.#epochOf(subject), found => found?.epoch ?? 0)
  }

  /** Whether the epoch of the subject has ended this session. It never ends an anonymous one. */
  hasRevoked(facts: SessionFacts): MaybePromise<boolean> {
    const { subject } = facts
    if (subject === undefined || this.#engine.subjectStore === undefined) return false
    return chain(this.#epochOf(subject), epoch => isBefore(facts, epoch))
  }

  /**
   * Ends the sessions of a subject, except one. Returns the number of sessions that it ended.
   *
   * It raises the epoch first. A concurrent sign-in then either sees the new epoch in its last check, or is already
   * stored, and the list contains it.
   */
  async endAll(subject: string, except?: string): Promise<number> {
    const engine = this.#engine
    const epoch = Math.max((await this.currentEpoch(subject)) + 1, engine.now())
    // No cookie lives longer. So after that, no visitor can still use a session of a lower epoch.
    const expiresAt = engine.now() + longestLifetimeMs
    const line = { epoch, except, expiresAt }
    await this.#ask('raise the epoch of a subject', store => store.raiseEpoch(subject, line))
    const found = await this.#ask('list the sessions of a subject', store => store.ofSubject(subject))
    // A sign-in that has seen the new epoch belongs to it, and stays.
    const others = found.filter(facts => facts.subject === subject && isBefore(facts, line))
    const ended = await Promise.all(others.map(({ key }) => this.end(key)))
    return ended.filter(Boolean).length
  }

  /** Ends one session by its key. Returns whether there was one. */
  async end(key: string): Promise<boolean> {
    const engine = this.#engine
    const wasThere = await engine.ask('delete', undefined, store => store.delete(key))
    engine.recollection.noteEnd(key)
    if (wasThere) publish('destroyed', () => ({ handle: key }))
    return wasThere
  }

  /** Finds one session by its key. */
  async find(key: string): Promise<SessionFacts | undefined> {
    const engine = this.#engine
    const record = await engine.ask('load', undefined, store => store.load(key))
    if (record === undefined || engine.timeouts.isOver(engine.now(), record)) return undefined
    return (await this.hasRevoked(record)) ? undefined : record
  }

  #epochOf(subject: string): MaybePromise<SubjectEpoch | undefined> {
    return this.#ask('read the epoch of a subject', store => store.epochOf(subject))
  }

  #ask<Answer>(
    verb: StoreVerb,
    call: (store: SubjectStore<unknown>) => MaybePromise<Answer>,
  ): MaybePromise<Answer> {
    const store = this.demandStore()
    return this.#engine.ask(verb, undefined, () => call(store))
  }
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

function isBefore({ key, epoch }: SessionFacts, line: SubjectEpoch | undefined): boolean {
  if (line === undefined) return false
  const { exceptFrom = 0 } = line
  return epoch < (line.except === key ? exceptFrom : line.epoch)
}
