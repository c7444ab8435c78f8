import { Cookie, type CookieData } from '../cookies/cookie.ts'
import type { SessionContents } from '../data/codec.ts'
import { valuesOf } from '../data/session-values.ts'
import type { Engine } from '../engine/engine.ts'
import { anonymous } from '../record/standing.ts'
import type { Activity, EnumeratingStore, SessionRecord } from '../record/store.ts'
import { goneError, takenIdError, unableError } from '../report/errors.ts'
import { Session } from '../session/session.ts'
import { removeRecord } from '../writing/adoption.ts'
import { type FoundSession, rereadSession } from './find-session.ts'

/**
 * Access to a manager's sessions by id, for an application that calls `req.sessionStore`, as with express-session. The
 * session of a request is not loaded or saved through it.
 */
export class SessionsById {
  readonly #engine: Engine
  /** The id under which data or a session was stored. With it, `set` refuses to restore a session that has ended. */
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

  /** Notes that a session was made from data that `get` has returned. */
  noteMade(session: Session, data: object): void {
    const id = this.#stored.get(data)
    if (id !== undefined) this.#stored.set(session, id)
  }

  /** Returns an id and a cookie for a new session. */
  begin(request: unknown): { readonly id: string; readonly cookie: Cookie } {
    const cookie = this.#engine.cookies.cookieFor({ isSecure: false, request })
    return { id: this.#engine.mintId(request), cookie }
  }

  async set(id: string, session: object): Promise<void> {
    const found = await rereadSession(this.#engine, id)
    if (found === undefined && this.#hasEnded(id, session)) throw goneError()
    const record = this.#recordOf(id, session, found)
    const held = found?.record
    const answer = await (held === undefined
      ? this.#engine.ask('create', id, (store, call) => store.create(record, call))
      : this.#engine.ask('replace', id, (store, call) => store.replace(record, held.version, call)))
    // Another request has written in between. `set` is meant to overwrite, so it tries again on the newest version.
    if (answer === false && (await rereadSession(this.#engine, id)) === undefined) throw takenIdError()
    if (answer !== true && answer !== 'replaced') return this.set(id, session)
    this.#stored.set(session, id)
  }

  /** Whether a session from the store has ended since. Plain data is always stored, whatever the id was before. */
  #hasEnded(id: string, session: object): boolean {
    return session instanceof Session && this.#stored.get(session) === id
  }

  /** Also removes the session of other software under this id, which may not have been moved yet. */
  async destroy(id: string): Promise<void> {
    await removeRecord(this.#engine, id, this.#engine.keyOf(id))
  }

  async touch(id: string, session: object): Promise<void> {
    const held = (await rereadSession(this.#engine, id))?.record
    if (held === undefined) return
    const activity = { ...this.#activityOf(held.createdAt, session), subject: held.subject }
    await this.#engine.ask('touch', id, (store, call) => store.touch(held.key, activity, call))
  }

  async all(): Promise<{ readonly [handle: string]: object }> {
    const sessions: { [handle: string]: object } = {}
    if (this.#engine.policy.seal === 'visitor') {
      throw unableError(this.#engine.store.name, "list sessions that are sealed with `seal: 'visitor'`")
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
      // A `cookie` function of the application may not work without a request.
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
