import type { SessionContents, SessionValues } from './codec.ts'
import { Cookie } from './cookie.ts'
import { actionsKey, Session } from './session.ts'
import { type SessionInside, sessionProxy } from './session-proxy.ts'
import type { SessionRecord } from './store.ts'

/** What a live session asks of the visit that it belongs to. */
export interface SessionKeeper {
  readonly request: unknown
  makeCookie(): Cookie
  encode(contents: SessionContents): string
  save(live: LiveSession): Promise<void>
  reload(live: LiveSession): Promise<void>
  destroy(live: LiveSession): Promise<void>
  regenerate(live: LiveSession): Promise<void>
}

/** With what a live session begins. */
export interface SessionStart {
  readonly id: string
  readonly values: SessionValues
  /** What the store holds; undefined for a session that has never been stored. */
  readonly record: SessionRecord<unknown> | undefined
  /** The lifetime that the store holds; undefined for the configured one, which a record does not repeat. */
  readonly maxAge: number | null | undefined
  /** The values as the store has them; undefined where that is found out only when they are about to change. */
  readonly stored: string | undefined
  /** The cookie as stored, where the store keeps one. */
  readonly cookie?: Cookie | undefined
}

/**
 * One session as one request holds it: the values, the cookie, and whether they are still what the store has.
 *
 * Values are compared as text, once, and only when something was set, removed, or handed out that can be
 * changed from outside: a route that reads a string costs no comparison, and a value that is set to what it
 * was is no change.
 */
export class LiveSession implements SessionInside {
  id: string
  /** What the application sees. */
  readonly view: Session
  record: SessionRecord<unknown> | undefined
  /** Set once the session has ended: nothing brings it back. */
  hasEnded = false
  /** Set when a save of this request has written a change, so that the cookie is renewed. */
  hasSavedChanges = false
  hasSavedLifetime = false
  /** Set when the application has saved by itself, which takes the place of `resave`. */
  hasSaved = false
  /** Set when the session took the place of one that has ended, and is stored even if it stays empty. */
  isSuccessor = false
  /** Set once the store was asked to keep a new session: it may have done so whatever it has answered. */
  isSent = false
  /** Set when a response has promised this id to the visitor before the session was stored. */
  isAnnounced = false
  /** What an explicit save could not store. The application was told, so that it is not tried again unchanged. */
  failed: string | undefined
  readonly #keeper: SessionKeeper
  readonly #values: SessionValues
  readonly #configuredMaxAge: number | null
  #storedMaxAge: number | null
  #stored: string | undefined
  #isSuspect = false
  #cookie: Cookie | undefined

  constructor(keeper: SessionKeeper, start: SessionStart, configuredMaxAge: number | null) {
    this.#keeper = keeper
    this.id = start.id
    this.record = start.record
    this.#values = start.values
    this.#configuredMaxAge = configuredMaxAge
    this.#storedMaxAge = start.maxAge === undefined ? configuredMaxAge : start.maxAge
    this.#stored = start.stored
    this.#cookie = start.cookie
    this.view = sessionProxy(start.values, this)
  }

  get request(): unknown {
    return this.#keeper.request
  }

  /** The lifetime in force. */
  get maxAge(): number | null {
    return this.#cookie === undefined ? this.#storedMaxAge : (this.#cookie.originalMaxAge ?? null)
  }

  /** The cookie, if anybody has looked at it. */
  get ownCookie(): Cookie | undefined {
    return this.#cookie
  }

  get cookie(): Cookie {
    this.#cookie ??= this.#makeCookie()
    return this.#cookie
  }

  /** The values as they were stored, as text. */
  get stored(): string | undefined {
    return this.#stored
  }

  /** Whether the lifetime of a stored session has been changed; for a new one that alone is no change. */
  get hasNewLifetime(): boolean {
    return this.record !== undefined && !Object.is(this.maxAge, this.#storedMaxAge)
  }

  /** Answers the values as text when they differ from what the store has, and undefined when they do not. */
  changes(): string | undefined {
    if (!this.#isSuspect && !this.hasNewLifetime) return undefined
    if (this.record === undefined && Object.keys(this.#values).length === 0) return undefined
    const encoded = this.encode()
    return encoded === this.#stored ? undefined : encoded
  }

  /** Whether there is something to store that the application has not been told of already as a failure. */
  hasChanges(changes: string | undefined): boolean {
    return changes !== undefined && changes !== this.failed
  }

  encode(): string {
    return this.#encode(this.#values, this.maxAge)
  }

  /** Takes note of what the store holds now. */
  markStored(record: SessionRecord<unknown>, encoded: string): void {
    this.hasSavedChanges ||= encoded !== this.#stored
    this.hasSavedLifetime ||= this.hasNewLifetime
    this.record = record
    this.#stored = encoded
    this.#storedMaxAge = this.maxAge
  }

  /** Puts this session's own changes, key by key, onto what somebody else has stored meanwhile. */
  mergeOnto(record: SessionRecord<unknown>, theirs: SessionContents, base: SessionValues): void {
    const merged = { ...theirs.values }
    for (const name of new Set([...Object.keys(base), ...Object.keys(this.#values)])) {
      if (isSame(this.#values[name], base[name])) continue
      if (Object.hasOwn(this.#values, name)) merged[name] = this.#values[name]
      else delete merged[name]
    }
    this.replaceValues(merged)
    this.#takeLifetime(theirs)
    this.record = record
    this.#stored = this.#encode(theirs.values, this.#storedMaxAge)
  }

  /** Makes the values those that were given, as if each had been assigned and the others deleted. */
  replaceValues(values: SessionValues): void {
    this.suspect()
    for (const name of Object.keys(this.#values)) delete this.#values[name]
    Object.assign(this.#values, values)
  }

  replaceCookie(cookie: unknown): void {
    this.#cookie = cookie instanceof Cookie ? cookie : this.#keeper.makeCookie()
    if (typeof cookie === 'object' && cookie !== null && cookie !== this.#cookie) this.#cookie.assign(cookie)
  }

  /**
   * The session as a store is handed it that keeps sessions: a copy, because such a store may clone it, and
   * may take its time to write it down.
   */
  snapshot(): Session {
    const copy: Session = Object.create(Session.prototype)
    Object.defineProperty(copy, actionsKey, { value: this })
    copy.cookie = this.cookie
    return Object.assign(copy, this.#values)
  }

  // From here on the values may change, so this is the last moment to know what they were.
  suspect(): void {
    if (this.#isSuspect) return
    this.#isSuspect = true
    this.#stored ??= this.encode()
  }

  /** Gives the cookie its whole lifetime again, if anybody has looked at it; others are made when they are sent. */
  renew(): void {
    if (this.#cookie !== undefined) this.renewCookie()
  }

  renewCookie(): void {
    const { cookie } = this
    cookie.maxAge = cookie.originalMaxAge
  }

  save(): Promise<void> {
    return this.#keeper.save(this)
  }

  reload(): Promise<void> {
    return this.#keeper.reload(this)
  }

  destroy(): Promise<void> {
    return this.#keeper.destroy(this)
  }

  regenerate(): Promise<void> {
    return this.#keeper.regenerate(this)
  }

  /** A lifetime that this request has changed counts; one that it has left alone is theirs. */
  #takeLifetime({ originalMaxAge = this.#configuredMaxAge }: SessionContents): void {
    const isTheirs = !this.hasNewLifetime
    this.#storedMaxAge = originalMaxAge
    if (isTheirs && this.#cookie !== undefined) this.#cookie.maxAge = originalMaxAge
  }

  #encode(values: SessionValues, maxAge: number | null): string {
    const isOwn = !Object.is(maxAge, this.#configuredMaxAge)
    return this.#keeper.encode(isOwn ? { values, originalMaxAge: maxAge } : { values })
  }

  #makeCookie(): Cookie {
    const cookie = this.#keeper.makeCookie()
    if (!Object.is(cookie.originalMaxAge ?? null, this.#storedMaxAge)) cookie.maxAge = this.#storedMaxAge
    return cookie
  }
}

function isSame(one: unknown, other: unknown): boolean {
  return Object.is(one, other) || JSON.stringify(one) === JSON.stringify(other)
}
