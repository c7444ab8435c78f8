import { longestLifetimeMs } from '../cookies/set-cookie.ts'
import type { StoreVerb } from '../record/deadline.ts'
import { type Device, parseDevice } from '../record/device.ts'
import { chain } from '../record/maybe-promise.ts'
import type { MaybePromise, SessionFacts, SubjectEpoch, SubjectStore } from '../record/store.ts'
import { unableError } from '../report/errors.ts'
import { publish } from '../report/events.ts'
import type { Engine } from './engine.ts'

/** One session as people and administrators see it. Nothing in it opens a session. */
export interface SessionSummary {
  /** Names the session: `end` and `find` take it. */
  readonly handle: string
  readonly subject: string | undefined
  readonly createdAt: number
  /** When the subject signed in; undefined while nobody has. */
  readonly authenticatedAt: number | undefined
  /** When the session was last used, exact to the span at which activity is recorded. */
  readonly lastActiveAt: number
  readonly expiresAt: number
  readonly device: Device
}

/** Whose sessions there are, and which of them count. */
export class Subjects {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** @throws SojournError `STORE_UNABLE` where the store does not know whose sessions are whose. */
  demandStore(): SubjectStore<unknown> {
    const { subjectStore, store } = this.#engine
    if (subjectStore !== undefined) return subjectStore
    throw unableError(store.name, 'keep whose a session is')
  }

  /** Lists the sessions of a subject that go on, the most recently active first. */
  list(subject: string): MaybePromise<readonly SessionFacts[]> {
    const listing = this.#ask('list the sessions of a subject', store => store.ofSubject(subject))
    return chain(listing, found => {
      // What is over is decided now: somebody may be active while the epoch is on its way.
      const now = this.#engine.now()
      const live = found.filter(each => each.subject === subject && !this.#engine.timeouts.isOver(now, each))
      return chain(this.#epochOf(subject), epoch =>
        live.filter(facts => !isBefore(facts, epoch)).sort((one, other) => other.touchedAt - one.touchedAt),
      )
    })
  }

  /** The epoch of a sign-in that happens now. */
  currentEpoch(subject: string): MaybePromise<number> {
    return chain(this.#epochOf(subject), found => found?.epoch ?? 0)
  }

  /** Whether a record is of an epoch that its subject has ended. An anonymous one never is. */
  hasRevoked(facts: SessionFacts): MaybePromise<boolean> {
    const { subject } = facts
    if (subject === undefined || this.#engine.subjectStore === undefined) return false
    return chain(this.#epochOf(subject), epoch => isBefore(facts, epoch))
  }

  /**
   * Ends the sessions of a subject, but for one. Answers how many there were.
   *
   * The line is drawn first: a sign-in that is under way either finds it when it looks once more, or is
   * stored already and found by the list.
   */
  async endAll(subject: string, except?: string): Promise<number> {
    const engine = this.#engine
    const epoch = Math.max((await this.currentEpoch(subject)) + 1, engine.now())
    // No cookie lives longer, and so no session that nobody comes back to.
    const expiresAt = engine.now() + longestLifetimeMs
    const line = { epoch, except, expiresAt }
    await this.#ask('raise the epoch of a subject', store => store.raiseEpoch(subject, line))
    const found = await this.#ask('list the sessions of a subject', store => store.ofSubject(subject))
    // A sign-in that saw the line belongs to the new epoch, and stays.
    const others = found.filter(facts => facts.subject === subject && isBefore(facts, line))
    const ended = await Promise.all(others.map(({ key }) => this.end(key)))
    return ended.filter(Boolean).length
  }

  /** Ends one session by its key. Answers whether there was one. */
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

/** Shows a session to people. */
export function summaryOf(facts: SessionFacts): SessionSummary {
  const { key: handle, subject, createdAt, authenticatedAt, touchedAt: lastActiveAt, expiresAt } = facts
  const device = parseDevice(facts.device)
  return { handle, subject, createdAt, authenticatedAt, lastActiveAt, expiresAt, device }
}

/** Whether text has the form of a handle. Nothing else is ever looked for. */
export function isHandle(handle: unknown): handle is string {
  return typeof handle === 'string' && /^[A-Za-z0-9_-]{43}$/.test(handle)
}

function isBefore({ key, epoch }: SessionFacts, line: SubjectEpoch | undefined): boolean {
  if (line === undefined) return false
  const { exceptFrom = 0 } = line
  return epoch < (line.except === key ? exceptFrom : line.epoch)
}
