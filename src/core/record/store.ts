/** A value, or a promise of it. Stores in the same process return values, stores over a network return promises. */
export type MaybePromise<Value> = Value | Promise<Value>

/** A session's data as a codec encodes it. It is opaque to the store. */
export type EncodedData = string | Uint8Array

/** When a session was last active and from where, and when it expires. Times are milliseconds since 1970. */
export interface Activity {
  readonly touchedAt: number
  readonly expiresAt: number
  /** The browser and the address of a signed-in session, in the format of the core; undefined if unknown. */
  readonly device: string | undefined
}

/**
 * The record that a store keeps for one session.
 *
 * `Data` is encoded data, bytes or text, for every store of Sojourn's own. A store written for express-session gets the
 * session itself.
 */
export interface SessionRecord<Data = EncodedData> extends Activity {
  /** The hash of the session's id, as base64url. It is safe to log, and useless as a cookie. */
  readonly key: string
  /** Starts at 1. Each `replace` increments it by one. */
  readonly version: number
  /** When the session began: the absolute timeout counts from here. */
  readonly createdAt: number
  /** The user that is signed in; undefined for an anonymous session. */
  readonly subject: string | undefined
  /** When the subject signed in; undefined for an anonymous session. */
  readonly authenticatedAt: number | undefined
  /** The subject's epoch at the sign-in; 0 if the subject had none yet, and for an anonymous session. */
  readonly epoch: number
  /** The session's present id, in the format of the core; undefined until the first rotation. */
  readonly rotation: string | undefined
  readonly data: Data
}

/** A record without its data, as a list of sessions needs it. */
export type SessionFacts = Omit<SessionRecord<unknown>, 'data'>

/** A record as `load` returns it: with the epoch that its subject has now, if the store knows subjects. */
export interface LoadedRecord<Data = EncodedData> extends SessionRecord<Data> {
  /** The same as `epochOf` would return. It saves a round trip for each request of a signed-in visitor. */
  readonly subjectEpoch?: SubjectEpoch | undefined
}

/** Activity on a session, for `touch`. */
export interface Touch<Data = EncodedData> extends Activity {
  readonly subject: string | undefined
  /** The session itself, only for a store with the trait `keepsSessions`. */
  readonly session?: SessionRecord<Data> | undefined
}

/**
 * The call of a store, as its caller sees it. A store that waits, for a connection for example, must stop when the caller
 * does: a write that happens later would surprise a visitor who has been told that it failed.
 */
export interface StoreCall {
  /** When the caller stops waiting, in milliseconds since 1970. */
  readonly deadline: number
  /** Aborts when the caller stops waiting. */
  readonly signal: AbortSignal
  /** Throws once the caller has stopped waiting. A store calls this before each command after the first. */
  throwIfOver(): void
}

/**
 * A store of session records.
 *
 * Each method is one round trip and one atomic step. Its last parameter is the call, with its deadline; it is undefined
 * where an application calls the store itself. Two concurrent calls for the same key, from any process, behave as if one
 * ran after the other. A record has expired when the time reaches its `expiresAt`: every method treats it as
 * absent, whether or not its bytes have been removed yet. A store that cannot answer throws or rejects. It never returns
 * "there is none" instead.
 */
export interface Store<Data = EncodedData> {
  /** The store's name in errors, such as `memory`. It must not tell where the store is. */
  readonly name: string

  /** Properties of this store that the core adapts to. Read once, when the manager is made. */
  readonly traits?: StoreTraits

  /**
   * Stores a new record. Returns false, and changes nothing, if a live record has the key.
   * A record that has already expired is not stored, and the result is true all the same.
   */
  create(record: SessionRecord<Data>, call?: StoreCall): MaybePromise<boolean>

  /** Returns the live record; undefined if there is none, or if it has expired. */
  load(key: string, call?: StoreCall): MaybePromise<LoadedRecord<Data> | undefined>

  /**
   * Replaces the live record if its version is still `expectedVersion`. Returns 'gone', and changes nothing, if there is
   * none, so that a slow request cannot restore a session that has been logged out. Returns the current record, and
   * changes nothing, if the version differs, so that a retry with merged data needs one more round trip and not two.
   *
   * It must not undo activity that was recorded meanwhile. If the current record has a later `touchedAt` than the new
   * one, the result has the later of both `touchedAt`, the later of both `expiresAt`, and the current `device`.
   */
  replace(
    record: SessionRecord<Data>,
    expectedVersion: number,
    call?: StoreCall,
  ): MaybePromise<Replacement<Data>>

  /**
   * Records activity on a live record. It moves `touchedAt` and `expiresAt` forward, never back, and sets `device` if one
   * is given and the activity is not older than the recorded one. Nothing else changes, not even the version. Returns
   * true if there is a live record, also if none of it had to change. Returns false, and changes nothing, if there is none.
   */
  touch(key: string, activity: Touch<Data>, call?: StoreCall): MaybePromise<boolean>

  /** Removes the record. Returns true if there was a live one, so a second call returns false. */
  delete(key: string, call?: StoreCall): MaybePromise<boolean>

  /**
   * Whether the store knows, without I/O, that a session has ended since that version: for a response that cannot wait.
   * A store whose `load` returns values does not need this method, and a store over a network cannot have it.
   */
  hasEnded?(key: string, version: number): boolean
}

/** The result of a replacement: 'replaced', 'gone' if the record has ended, or the current record on a conflict. */
export type Replacement<Data = EncodedData> = 'replaced' | 'gone' | SessionRecord<Data>

/** Properties of a store that the core adapts to. Each is false by default. */
export interface StoreTraits {
  /**
   * The reading methods (`load`, `ofSubject`, `epochOf`) return values and no promises; writing methods may return
   * promises. The core then loads a session at the first access, so that a route without one costs almost nothing.
   */
  readonly readsAtOnce?: boolean
  /**
   * Keeps each session as a value under the id itself, because other software reads and writes it that way. Such a store
   * does not keep promise P4 of `docs/security.md`.
   */
  readonly keepsSessions?: boolean
  /** The core records activity on every request, unless `touchEvery` is set. */
  readonly touchesAlways?: boolean
}

/** A store that can stream all live records, in no particular order. It may miss records that change meanwhile. */
export interface EnumeratingStore<Data = EncodedData> extends Store<Data> {
  records(): Iterable<SessionRecord<Data>> | AsyncIterable<SessionRecord<Data>>
}

/**
 * A store that does not remove expired records by itself. The core calls `sweep` every ten to fifteen minutes while sessions
 * are created, in one process at a time if the store grants leases.
 */
export interface SweepingStore<Data = EncodedData> extends Store<Data> {
  /**
   * Removes records that have expired by a time, at most `limit` of them, and epochs and leases that have. Several processes
   * may call it at once. It must not disturb requests, so it takes no lock for long.
   *
   * The core gives a time that has passed a while ago, because a clock that is wrong for a moment must not remove
   * sessions. Without it, the store takes the present time.
   */
  sweep(limit: number, by?: number, call?: StoreCall): MaybePromise<Sweep>
  /** Aborts when the store is closed. The core then stops calling `sweep`. */
  readonly closed?: AbortSignal
}

/** The result of a sweep. */
export interface Sweep {
  /** The number of removed records. */
  readonly removed: number
  /**
   * When there may be expired records again, in milliseconds since 1970; a time that has passed only if the limit has kept
   * the sweep from visiting more.
   * Undefined if the store does not know: the core then waits until another session has been created.
   */
  readonly nextAt?: number | undefined
}

/**
 * A store that can find sessions by subject. `replace` may change a record's subject, and these methods must reflect
 * that. A store with a separate index writes the index before the record, and repairs it when it reads it.
 */
export interface SubjectStore<Data = EncodedData> extends Store<Data> {
  /**
   * Lists the live sessions of a subject, in no particular order, and the subject's epoch. The list includes sessions that
   * the epoch has ended.
   */
  ofSubject(subject: string, call?: StoreCall): MaybePromise<SubjectListing>
  /** Returns the subject's epoch; undefined if it has none, or if the epoch has expired. */
  epochOf(subject: string, call?: StoreCall): MaybePromise<SubjectEpoch | undefined>
  /**
   * Sets the subject's epoch, if the present one still has the expected number or if there is none, and returns the new
   * number. Returns undefined, and changes nothing, if the present epoch has another number. An epoch that has expired
   * counts as none, and one that has already expired is not stored.
   */
  exchangeEpoch(exchange: EpochExchange, call?: StoreCall): MaybePromise<number | undefined>
  /**
   * Removes the live sessions of a subject that an epoch ends: those with a lower number, except one. Returns their keys.
   */
  endBelow(subject: string, epoch: SubjectEpoch, call?: StoreCall): MaybePromise<readonly string[]>
}

/** The live sessions of a subject, and its epoch. */
export interface SubjectListing {
  readonly sessions: readonly SessionFacts[]
  readonly epoch: SubjectEpoch | undefined
}

/** A change of a subject's epoch. */
export interface EpochExchange {
  readonly subject: string
  readonly next: SubjectEpoch
  /**
   * The number of the epoch that the caller has read; 0 if there was none. Undefined if `next` replaces whatever is there:
   * the new number is then at least one more than the present one.
   */
  readonly expected: number | undefined
}

/** The right of one holder to a name for a limited time, such as the right of a request to a session. */
export interface Lease {
  /** The name. Names of leases and keys of records are separate: the same text may be both. */
  readonly name: string
  /** Identifies the holder: random text without spaces, unique to the holder. */
  readonly token: string
  /** When the lease expires, in milliseconds since 1970. */
  readonly expiresAt: number
}

/**
 * Leases: each name has at most one holder at a time.
 *
 * As in a store, each method is one round trip and one atomic step. A lease has expired when the time reaches its
 * `expiresAt`, by the same clock as for records: every method treats it as absent. A lease is no record: methods that
 * list, count, bound or remove records ignore leases. A store that cannot answer throws or rejects.
 */
export interface Leases {
  /**
   * Gives the name to the token until `expiresAt`. Returns false, and changes nothing, if another token has the name, if
   * the lease has already expired, or if a bounded store is full. For the token that already has the name, it sets the
   * new `expiresAt` and returns true, so that a caller can retry after a lost answer.
   */
  acquireLease(lease: Lease, call?: StoreCall): MaybePromise<boolean>
  /** Whether the token has the name now. False after its lease has expired, even if no other token has the name. */
  holdsLease(lease: Lease, call?: StoreCall): MaybePromise<boolean>
  /**
   * Releases the name. Changes nothing if the token does not have it: after an earlier release, after the lease has
   * expired, or when another token has the name. `expiresAt` is ignored.
   */
  releaseLease(lease: Lease, call?: StoreCall): MaybePromise<void>
}

/** A store that can grant leases. With any other store, `exclusive` works only among the requests of one process. */
export interface LeasingStore<Data = EncodedData> extends Store<Data>, Leases {}

/** A session that other software has stored, under the id itself. */
export interface ForeignSession {
  /** The stored text: JSON in the format of express-session's stores. */
  readonly text: string
  /** When it expires in the other software's store; undefined if never. A time inside the text may be outdated. */
  readonly expiresAt: number | undefined
}

/** A foreign session, and the record that replaces it. */
export interface TakeOver<Data = EncodedData> {
  readonly id: string
  readonly foreign: ForeignSession
  readonly record: SessionRecord<Data>
}

/**
 * A store that finds sessions of other software and moves them into records of its own, until a given time.
 */
export interface AdoptingStore<Data = EncodedData> extends Store<Data> {
  /** Until when the store moves sessions; undefined if it moves none. */
  readonly adoptsUntil: number | undefined
  /** Returns the foreign session under an id, and leaves it there. The id may be any signed text. */
  findForeign(id: string, call?: StoreCall): MaybePromise<ForeignSession | undefined>
  /**
   * Replaces the foreign session with the record, in one atomic step if the store can. Returns false, and changes
   * nothing, if the key is taken, or if the foreign session has changed since it was found.
   */
  takeOver(move: TakeOver<Data>, call?: StoreCall): MaybePromise<boolean>
  /**
   * Removes the foreign session under an id, because its session is about to end. Usually there is none: only after an
   * interrupted move, or if the other software has written it again.
   */
  forgetForeign(id: string, call?: StoreCall): MaybePromise<void>
}

/**
 * The epoch of a subject. It ends all sessions that were signed in under a lower epoch, except one. The number is a time
 * in milliseconds, or one more than the previous epoch if that is greater.
 */
export interface SubjectEpoch {
  readonly epoch: number
  /** The key of the one session that the epoch does not end; undefined if it ends all. */
  readonly except: string | undefined
  /** When the last session of a lower epoch has expired, so that the store can forget the epoch. */
  readonly expiresAt: number
}
