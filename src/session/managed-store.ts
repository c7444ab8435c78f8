import { Cookie, type CookieData } from '../core/cookies/cookie.ts'
import type { SessionContents } from '../core/data/codec.ts'
import { valuesOf } from '../core/data/session-values.ts'
import type { Engine } from '../core/engine/engine.ts'
import { anonymous } from '../core/record/standing.ts'
import type { Activity, EnumeratingStore, SessionRecord } from '../core/record/store.ts'
import { goneError, takenIdError, unableError } from '../core/report/errors.ts'
import { Session } from '../core/session/session.ts'
import { type FoundSession, rereadSession } from '../core/visit/find-session.ts'
import { removeRecord } from '../core/writing/adoption.ts'
import { createSession } from './session.ts'
import type { SessionRequest } from './session-request.ts'
import { type CompleteStore, Store } from './store.ts'

type Answer<Value> = (error?: unknown, value?: Value) => void

/**
 * A store of Sojourn's own as `req.sessionStore` shows it: with the verbs that applications written for
 * express-session call, by id. A request's own session does not go this way.
 */
export interface ManagedStore extends CompleteStore {
  touch(id: string, session: object, answer?: Answer<void>): void
  /** Answers all live sessions by their handles, because the store does not know their ids. */
  all(answer: Answer<{ readonly [handle: string]: object }>): void
  length(answer: Answer<number>): void
  clear(answer?: Answer<void>): void
}

/** Gives the store of an engine the face of a store for express-session. */
export function managedStore(engine: Engine): ManagedStore {
  const verbs = new ManagedVerbs(engine)
  return Object.assign(new Store(), {
    get: (id: string, answer: Answer<object | undefined>) => reply(verbs.get(id), answer),
    set: (id: string, session: object, answer?: Answer<void>) => reply(verbs.set(id, session), answer),
    destroy: (id: string, answer?: Answer<void>) => reply(verbs.destroy(id), answer),
    touch: (id: string, session: object, answer?: Answer<void>) => reply(verbs.touch(id, session), answer),
    all: (answer: Answer<{ readonly [handle: string]: object }>) => reply(verbs.all(), answer),
    length: (answer: Answer<number>) => reply(verbs.length(), answer),
    clear: (answer?: Answer<void>) => reply(verbs.clear(), answer),
    createSession: (request: SessionRequest, data: object) => verbs.createSession(request, data),
  }) as ManagedStore
}

class ManagedVerbs {
  readonly #engine: Engine
  /** Data and sessions that show what was stored under an id: once that has ended, they do not bring it back. */
  readonly #stored = new WeakMap<object, string>()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  async get(id: string): Promise<object | undefined> {
    const found = await rereadSession(this.#engine, id)
    if (found?.reading === undefined) return undefined
    const session = this.#sessionIn(found.record, found.reading.contents)
    this.#stored.set(session, id)
    return session
  }

  createSession(request: SessionRequest, data: object): Session {
    const session = createSession(request, data)
    const id = this.#stored.get(data)
    if (id !== undefined) this.#stored.set(session, id)
    return session
  }

  async set(id: string, session: object): Promise<void> {
    const found = await rereadSession(this.#engine, id)
    if (found === undefined && this.#hasEnded(id, session)) throw goneError()
    const record = this.#recordOf(id, session, found)
    const held = found?.record
    const answer = await (held === undefined
      ? this.#engine.ask('create', id, store => store.create(record))
      : this.#engine.ask('replace', id, store => store.replace(record, held.version)))
    // Somebody else has written in between: this call was made to overwrite, so it overwrites what is there now.
    if (answer === false && (await rereadSession(this.#engine, id)) === undefined) throw takenIdError()
    if (answer !== true && answer !== 'replaced') return this.set(id, session)
    this.#stored.set(session, id)
  }

  /** Plain data is kept under whatever id it is given: who stores that says what the store is to hold. */
  #hasEnded(id: string, session: object): boolean {
    return session instanceof Session && this.#stored.get(session) === id
  }

  /** What other software keeps under the id, and was to be taken over, ends with it: its visitor may not have come yet. */
  async destroy(id: string): Promise<void> {
    await removeRecord(this.#engine, id, this.#engine.keyOf(id))
  }

  async touch(id: string, session: object): Promise<void> {
    const held = (await rereadSession(this.#engine, id))?.record
    if (held === undefined) return
    const activity = this.#activityOf(held.createdAt, session)
    await this.#engine.ask('touch', id, store => store.touch(held.key, activity, held))
  }

  async all(): Promise<{ readonly [handle: string]: object }> {
    const sessions: { [handle: string]: object } = {}
    if (this.#engine.policy.seal === 'visitor') {
      throw unableError(this.#engine.store.name, 'show what is sealed for its visitors alone')
    }
    for await (const record of this.#records()) {
      const { contents } = this.#engine.encoding.read(record, undefined)
      if (contents !== undefined) sessions[record.key] = this.#sessionIn(record, contents)
    }
    return sessions
  }

  async length(): Promise<number> {
    let count = 0
    for await (const _record of this.#records()) count += 1
    return count
  }

  async clear(): Promise<void> {
    for await (const { key } of this.#records()) await this.#engine.store.delete(key)
  }

  #records(): Iterable<SessionRecord<unknown>> | AsyncIterable<SessionRecord<unknown>> {
    const { store } = this.#engine
    if ('records' in store) return (store as EnumeratingStore<unknown>).records()
    throw new Error(`Expected a store that can list its sessions, got the ${store.name} store, which cannot.`)
  }

  #sessionIn(record: SessionRecord<unknown>, contents: SessionContents): object {
    const { values, originalMaxAge = this.#engine.cookies.commonMaxAge ?? null } = contents
    const cookie = this.#configuredCookie()
    cookie.expires = originalMaxAge === null ? null : new Date(record.touchedAt + originalMaxAge)
    cookie.originalMaxAge = originalMaxAge
    return { cookie: cookie.data, ...values }
  }

  #configuredCookie(): Cookie {
    try {
      return this.#engine.cookies.cookieFor({ isSecure: false, request: undefined })
    } catch {
      // A function that says the attributes for a request may not know what to say for none.
      return new Cookie()
    }
  }

  #recordOf(id: string, session: object, found: FoundSession | undefined): SessionRecord<unknown> {
    const { encoding } = this.#engine
    const held = found?.record
    const createdAt = held?.createdAt ?? this.#engine.now()
    const frame = {
      ...(held ?? anonymous),
      key: this.#engine.keyOf(id),
      version: (held?.version ?? 0) + 1,
      createdAt,
      ...this.#activityOf(createdAt, session),
      device: held?.device,
    }
    const text = encoding.encode(this.#contentsOf(session))
    return { ...frame, data: encoding.write(text, found?.id ?? id, frame) }
  }

  #contentsOf(session: object): SessionContents {
    const maxAge = maxAgeOf(session)
    const values = valuesOf(session)
    return Object.is(maxAge, this.#engine.cookies.commonMaxAge ?? null)
      ? { values }
      : { values, originalMaxAge: maxAge }
  }

  #activityOf(createdAt: number, session: object): Activity {
    const times = this.#engine.timeouts.activity(this.#engine.now(), { createdAt }, maxAgeOf(session))
    return { ...times, device: undefined }
  }
}

function maxAgeOf({ cookie }: { readonly cookie?: Partial<CookieData> | null }): number | null {
  return typeof cookie?.originalMaxAge === 'number' ? cookie.originalMaxAge : null
}

function reply<Value>(work: Promise<Value>, answer: Answer<Value> | undefined): void {
  if (answer === undefined) work.catch(() => undefined)
  else
    work.then(
      value => process.nextTick(answer, null, value),
      error => process.nextTick(answer, error),
    )
}
