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

/** What a live session asks of the request that it belongs to. */
export interface SessionOwner {
  readonly encoding: Encoding
  makeCookie(): Cookie
  actionsFor(live: LiveSession): LiveActions
  /** Called before the application can change the values. */
  noteUse(live: LiveSession, name: string | symbol): void
}

/** What the methods of a request's session do, and which session that is. */
export interface LiveActions extends SessionActions {
  readonly live: LiveSession
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
  /** What is known of a session that has no record yet. */
  readonly standing?: Standing | undefined
}

/**
 * One session as one request holds it: the values, the cookie, and whether they are still what the store has.
 *
 * Values are compared as text, once, and only when something was set, removed, or handed out that can be
 * changed from outside: a route that reads a string costs no comparison, and a value that is set to what it
 * was is no change.
 */
export class LiveSession extends StoreState implements SessionInside {
  id: string
  /** What the application sees. */
  readonly view: Session
  /** The cookie, if anybody has looked at it. */
  ownCookie: Cookie | undefined
  /** Whose session it is, since when, and under which id. */
  facts: Standing
  /** Set when the record is to be written anew as soon as anything is written of it. */
  isResealDue = false
  /** Set when another request has changed the id, and this one was led to the new one. */
  isFollowing = false
  /** Set when a save of this request has written a change, so that the cookie is renewed. */
  hasSavedChanges = false
  hasSavedLifetime = false
  /** The values as they were stored, as text. */
  stored: string | undefined
  /** The values as they were last written in this request, or as the application has last tried to save them. */
  savedAs: string | undefined
  /** Set when the session took the place of one that has ended, and is stored even if it stays empty. */
  isSuccessor = false
  /** Set when a response has promised this id to the visitor before the session was stored. */
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

  /** The lifetime in force. */
  get maxAge(): number | null {
    return this.ownCookie === undefined ? this.#storedMaxAge : this.ownCookie.lifetimeMs
  }

  get cookie(): Cookie {
    this.ownCookie ??= this.#makeCookie()
    return this.ownCookie
  }

  /** Whether the lifetime of a stored session has been changed; for a new one that alone is no change. */
  get hasNewLifetime(): boolean {
    return this.record !== undefined && !Object.is(this.maxAge, this.#storedMaxAge)
  }

  /** Answers the values as text when they differ from what the store has, and undefined when they do not. */
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
    // What nobody has changed is not written anew: another codec may have written it, and hold more than this one.
    if (this.record !== undefined && this.stored !== undefined) return this.changes() ?? this.stored
    return this.#owner.encoding.sized(this.#encode(this.#values, this.maxAge))
  }

  /** Takes note of what the store holds now. */
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
   * Puts this session's own changes, key by key, onto what somebody else has stored meanwhile. Answers the
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

  /** Takes back what an update has made of the values. */
  takeBack(undoing: Undoing): void {
    this.becomeValues(undone(this.#values, undoing, this.#rules(undefined)))
  }

  /** Makes the values those that were given, in the objects that the application holds. */
  becomeValues(values: SessionValues): void {
    this.noteMayChange()
    this.replaceValues(inHeldObjects(this.#values, values))
  }

  /** Takes the id that another request has given the session. */
  follow(id: string): void {
    this.isFollowing ||= id !== this.id
    this.id = id
  }

  /** Whether the application may hold an object of the values, which changes without a word to this one. */
  get hasHandedOut(): boolean {
    return this.#isSuspect && Object.values(this.#values).some(value => value instanceof Object)
  }

  /** Another view of the same values, behind which somebody else stands. */
  viewThrough(inside: SessionInside): Session {
    return sessionProxy(this.#values, inside)
  }

  /** Makes the values those that were given, as if each had been assigned and the others deleted. */
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
   * The session as a store is handed it that keeps sessions: a copy, because such a store may clone it, and
   * may take its time to write it down.
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

  // From here on the values may change, so this is the last moment to know what they were.
  noteMayChange(): void {
    if (this.#isSuspect) return
    this.#isSuspect = true
    this.stored ??= this.#encode(this.#values, this.maxAge)
  }

  /** Gives the cookie its whole lifetime again, if anybody has looked at it; others are made when they are sent. */
  renew(): void {
    if (this.ownCookie !== undefined) this.renewCookie()
  }

  renewCookie(): void {
    this.cookie.maxAge = this.cookie.originalMaxAge
  }

  checkAssigned(name: string, value: unknown): void {
    this.#owner.encoding.checkAssigned(name, value)
  }

  /** A copy of some of the values, for a session that takes the place of this one. */
  pick(names: readonly string[]): SessionValues {
    return Object.fromEntries(Object.entries(this.#values).filter(([name]) => names.includes(name)))
  }

  #rules(resolve: Merge['resolve']): MergeRules {
    return { isSame: (name, one, other) => this.#owner.encoding.isSame(name, one, other), resolve }
  }

  /** A lifetime that this request has changed counts; one that it has left alone is theirs. */
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
