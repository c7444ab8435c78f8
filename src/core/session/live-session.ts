import { Cookie } from '../cookies/cookie.ts'
import type { SessionContents, SessionValues } from '../data/codec.ts'
import type { Encoding } from '../data/encoding.ts'
import { type Merge, type MergeRules, mergeValues, type Undoing, undone } from '../data/merge.ts'
import { anonymous, type Standing } from '../record/standing.ts'
import type { SessionRecord } from '../record/store.ts'
import { inHeldObjects } from './held-objects.ts'
import { actionsKey, Session, type SessionActions } from './session.ts'
import { type SessionInside, sessionProxy } from './session-proxy.ts'
import { StoreState, type Written } from './store-state.ts'

/** The parts of a request that its live session needs. */
export interface SessionOwner {
  readonly encoding: Encoding
  makeCookie(): Cookie
  actionsFor(live: LiveSession): LiveActions
  /** Called before the application can change the values. */
  noteUse(live: LiveSession, name: string | symbol): void
}

/** The methods of a request's session, and that session. */
export interface LiveActions extends SessionActions {
  readonly live: LiveSession
}

/** The initial state of a live session. */
export interface SessionStart {
  readonly id: string
  readonly values: SessionValues
  /** The record in the store; undefined for a session that has never been stored. */
  readonly record: SessionRecord<unknown> | undefined
  /** The stored `maxAge`; undefined for the configured one, which records leave out. */
  readonly maxAge: number | null | undefined
  /** The stored values as text; undefined if they are encoded only when they are about to change. */
  readonly stored: string | undefined
  /** The stored cookie, if the store keeps cookies. */
  readonly cookie?: Cookie | undefined
  /** The standing of a session that has no record yet. */
  readonly standing?: Standing | undefined
}

/**
 * The session of one request: its values, its cookie, and whether they differ from what the store has.
 *
 * Values are compared as text, and only after the application has set or removed one, or read an object that it may
 * change. So a route that only reads strings costs no comparison, and setting a value to what it was is no change.
 */
export class LiveSession extends StoreState implements SessionInside {
  id: string
  /** The proxy that the application sees. */
  readonly view: Session
  /** The cookie, once the application has accessed it. */
  ownCookie: Cookie | undefined
  /** The standing: whose session it is, since when, and under which id. */
  facts: Standing
  /** Set when the next write, even of activity alone, must write the whole record, because it is to be sealed anew. */
  isResealDue = false
  /** Set when another request has changed the id, and this request continues under the new one. */
  isFollowing = false
  /** Set when a save of this request has written a change: the response then renews the cookie. */
  hasSavedChanges = false
  hasSavedLifetime = false
  /** The stored values, as text. */
  stored: string | undefined
  /** The values, as text, that this request has last written, or that the application has last tried to save. */
  savedAs: string | undefined
  /** Set when the session replaces one that has ended: it is then stored even if it stays empty. */
  isSuccessor = false
  /** Set when a response has sent the cookie with this id before the session was stored. */
  isAnnounced = false
  readonly #owner: SessionOwner
  readonly #values: SessionValues
  readonly #configuredMaxAge: number | null
  #storedMaxAge: number | null
  #isSuspect = false
  #actions: LiveActions | undefined

  constructor(owner: SessionOwner, start: SessionStart, configuredMaxAge: number | null) {
    super(start.record)
    this.#owner = owner
    this.id = start.id
    this.facts = start.record ?? start.standing ?? anonymous
    this.#values = start.values
    this.#configuredMaxAge = configuredMaxAge
    this.#storedMaxAge = start.maxAge === undefined ? configuredMaxAge : start.maxAge
    this.stored = start.stored
    this.ownCookie = start.cookie
    this.view = sessionProxy(start.values, this)
  }

  get actions(): LiveActions {
    this.#actions ??= this.#owner.actionsFor(this)
    return this.#actions
  }

  /** The effective `maxAge`. */
  get maxAge(): number | null {
    return this.ownCookie === undefined ? this.#storedMaxAge : this.ownCookie.lifetimeMs
  }

  get cookie(): Cookie {
    this.ownCookie ??= this.#makeCookie()
    return this.ownCookie
  }

  /** Whether the application has changed the `maxAge` of a stored session. A new session is not stored for that alone. */
  get hasNewLifetime(): boolean {
    return this.record !== undefined && !Object.is(this.maxAge, this.#storedMaxAge)
  }

  /** Returns the values as text if they differ from what the store has, and undefined if not. */
  changes(): string | undefined {
    if (!this.#isSuspect && !this.hasNewLifetime) return undefined
    if (this.record === undefined && Object.keys(this.#values).length === 0) return undefined
    const { encoding } = this.#owner
    const contents = this.#contents(this.#values, this.maxAge)
    return encoding.sized(
      this.stored === undefined ? encoding.encode(contents) : encoding.encodeChanged(contents, this.stored),
    )
  }

  encode(): string {
    // Unchanged values are not encoded again: another codec may have written them, and may hold more than this one.
    if (this.record !== undefined && this.stored !== undefined) return this.changes() ?? this.stored
    return this.#owner.encoding.sized(this.#encode(this.#values, this.maxAge))
  }

  /** Notes what the store has now. */
  override markStored({ record, encoded }: Written): void {
    this.savedAs = encoded
    this.hasSavedChanges ||= encoded !== this.stored
    this.hasSavedLifetime ||= this.hasNewLifetime
    super.markStored({ record, encoded })
    this.facts = record
    this.stored = encoded
    this.#storedMaxAge = this.maxAge
  }

  /**
   * Merges this session's own changes, name by name, into what another request has stored meanwhile. Returns the
   * names that both have changed.
   */
  mergeOnto(record: SessionRecord<unknown>, { theirs, text, base, resolve }: Merge): readonly string[] {
    const merged = mergeValues({ base, mine: this.#values, theirs: theirs.values }, this.#rules(resolve))
    this.becomeValues(merged.values)
    this.#takeLifetime(theirs)
    this.record = record
    this.facts = record
    this.stored = text ?? this.#encode(theirs.values, this.#storedMaxAge)
    return merged.clashes
  }

  /** Undoes the changes that an update has made to the values. */
  takeBack(undoing: Undoing): void {
    this.becomeValues(undone(this.#values, undoing, this.#rules(undefined)))
  }

  /** Replaces the values, and keeps the objects that the application holds: it changes them in place. */
  becomeValues(values: SessionValues): void {
    this.noteMayChange()
    this.replaceValues(inHeldObjects(this.#values, values))
  }

  /** Takes the id that another request has given the session. */
  follow(id: string): void {
    this.isFollowing ||= id !== this.id
    this.id = id
  }

  /** Whether the application may hold an object of the values, whose changes this session does not notice. */
  get hasHandedOut(): boolean {
    return this.#isSuspect && Object.values(this.#values).some(value => value instanceof Object)
  }

  /** Makes another view of the same values, which calls `inside` and not this session. */
  viewThrough(inside: SessionInside): Session {
    return sessionProxy(this.#values, inside)
  }

  /** Replaces the values, as if the application had assigned each of them and deleted all others. */
  replaceValues(values: SessionValues): void {
    this.noteMayChange()
    for (const name of Object.keys(this.#values)) delete this.#values[name]
    Object.assign(this.#values, values)
  }

  replaceCookie(cookie: unknown): void {
    this.ownCookie = cookie instanceof Cookie ? cookie : this.#owner.makeCookie()
    if (typeof cookie === 'object' && cookie !== null && cookie !== this.ownCookie)
      this.ownCookie.assign(cookie)
  }

  /**
   * A copy of the session for a store that keeps sessions. A copy, because such a store may clone it, and may write it
   * only later.
   */
  snapshot(): Session {
    const copy: Session = Object.create(Session.prototype)
    Object.defineProperty(copy, actionsKey, { value: this.actions })
    copy.cookie = this.cookie
    return Object.assign(copy, this.#values)
  }

  suspect(name: string | symbol): void {
    this.#owner.noteUse(this, name)
    this.noteMayChange()
  }

  // After this the values may change, so they are encoded now, for the comparison later.
  noteMayChange(): void {
    if (this.#isSuspect) return
    this.#isSuspect = true
    this.stored ??= this.#encode(this.#values, this.maxAge)
  }

  /** Renews the lifetime of the cookie, if the application has accessed it. Otherwise it is made only when it is sent. */
  renew(): void {
    if (this.ownCookie !== undefined) this.renewCookie()
  }

  renewCookie(): void {
    this.cookie.maxAge = this.cookie.originalMaxAge
  }

  checkAssigned(name: string, value: unknown): void {
    this.#owner.encoding.checkAssigned(name, value)
  }

  /** Copies some of the values, for the session that replaces this one. */
  pick(names: readonly string[]): SessionValues {
    return Object.fromEntries(Object.entries(this.#values).filter(([name]) => names.includes(name)))
  }

  #rules(resolve: Merge['resolve']): MergeRules {
    return { isSame: (name, one, other) => this.#owner.encoding.isSame(name, one, other), resolve }
  }

  /** Takes the `maxAge` of the other request, unless this request has changed it too. */
  #takeLifetime({ originalMaxAge = this.#configuredMaxAge }: SessionContents): void {
    const isTheirs = !this.hasNewLifetime
    this.#storedMaxAge = originalMaxAge
    if (isTheirs && this.ownCookie !== undefined) this.ownCookie.maxAge = originalMaxAge
  }

  #encode(values: SessionValues, maxAge: number | null): string {
    return this.#owner.encoding.encode(this.#contents(values, maxAge))
  }

  #contents(values: SessionValues, maxAge: number | null): SessionContents {
    const isOwn = !Object.is(maxAge, this.#configuredMaxAge)
    return isOwn ? { values, originalMaxAge: maxAge } : { values }
  }

  #makeCookie(): Cookie {
    const cookie = this.#owner.makeCookie()
    if (!Object.is(cookie.lifetimeMs, this.#storedMaxAge)) cookie.maxAge = this.#storedMaxAge
    return cookie
  }
}
