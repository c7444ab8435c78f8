/** A value, or the promise of it. Stores in the same process answer at once, stores over a network later. */
export type MaybePromise<Value> = Value | Promise<Value>

/** What a codec makes of a session's data, opaque to the store that keeps it. */
export type EncodedData = string | Uint8Array

/** When a session was last active and from where, and when its time is over. Times are milliseconds since 1970. */
export interface Activity {
  readonly touchedAt: number
  readonly expiresAt: number
  /** The browser and address of a signed-in session, as the core writes them; undefined where they are not known. */
  readonly device: string | undefined
}

/**
 * What a store keeps for one session.
 *
 * `Data` is what the store's codec produces: bytes or text for every store of Sojourn's own; a store
 * written for express-session is given the session itself.
 */
export interface SessionRecord<Data = EncodedData> extends Activity {
  /** The hash of the session's id, as base64url. It is safe to log, and useless as a cookie. */
  readonly key: string
  /** Begins at 1, and grows by one with each replacement. */
  readonly version: number
  /** When the session began: the absolute timeout counts from here. */
  readonly createdAt: number
  /** Whom the session belongs to; undefined for a session that nobody has signed in to. */
  readonly subject: string | undefined
  /** When the subject proved who they are; undefined together with `subject`. */
  readonly authenticatedAt: number | undefined
  /** The subject's epoch in which they signed in; 0 for their first, and without a subject. */
  readonly epoch: number
  /** Which id the session has now, as the core writes it; undefined while it has the one that it began with. */
  readonly rotation: string | undefined
  readonly data: Data
}

/** A record without its data: what a list of somebody's sessions needs. */
export type SessionFacts = Omit<SessionRecord<unknown>, 'data'>

/**
 * A place that keeps records.
 *
 * Each verb is one round trip and one atomic step: two calls for the same key at the same time behave as
 * if one came after the other, from whichever process they come. A record whose `expiresAt` has been
 * reached is over: every verb treats it as absent, whether or not its bytes have been removed yet.
 * A store that cannot answer throws or rejects; it never answers "there is none" instead.
 */
export interface Store<Data = EncodedData> {
  /** The store's name in errors and events, such as `memory`. It tells nothing of where the store is. */
  readonly name: string

  /** What this store is able to do beyond the five verbs. Read once, when the store is handed in. */
  readonly traits?: StoreTraits

  /**
   * Keeps a new record. Answers false, and changes nothing, when the key is taken by a live record.
   * A record that is over when it arrives is not kept, and the answer is true all the same.
   */
  create(record: SessionRecord<Data>): MaybePromise<boolean>

  /** Finds the live record. Answers undefined when there is none, or when its time is over. */
  load(key: string): MaybePromise<SessionRecord<Data> | undefined>

  /**
   * Replaces the live record if its version is still `expectedVersion`. Answers 'gone', and changes
   * nothing, when it has ended meanwhile, so that a slow request cannot bring a session back that
   * somebody has logged out of. Answers the record it found, and changes nothing, when the version is
   * another one, so that a merge costs one trip more and not two.
   *
   * Activity that was recorded meanwhile is not taken back: where the record that is there was touched later than
   * the new one, each time stays the later of the two, and the device that of the activity.
   */
  replace(record: SessionRecord<Data>, expectedVersion: number): MaybePromise<Replacement<Data>>

  /**
   * Records activity on a live record: moves each of the two times forward, never back, takes the device
   * where one is given that is no older than the last, and leaves the rest alone, the version too. Answers false, and changes nothing, when
   * there is none. `held` is the session as the caller has it, for stores that can only write it whole.
   */
  touch(key: string, activity: Activity, held: SessionRecord<Data>): MaybePromise<boolean>

  /** Removes the record. Answers true when there was a live one. A second removal answers false. */
  delete(key: string): MaybePromise<boolean>

  /**
   * Tells without asking anybody whether a session is known to have ended since that version, for a response
   * that cannot wait. A store whose verbs answer at once need not have it, and one over a network cannot.
   */
  hasEnded?(key: string, version: number): boolean
}

/** What became of a replacement: it happened, the record has ended, or somebody else's record is there now. */
export type Replacement<Data = EncodedData> = 'replaced' | 'gone' | SessionRecord<Data>

/** Facts about a store that change what the core asks of it. Everything left out is false. */
export interface StoreTraits {
  /**
   * What only reads (`load`, `ofSubject`, `epochOf`) answers without a promise; what writes may take its time.
   * The core then loads a session when it is first looked at, and a route that never looks costs next to nothing.
   */
  readonly readsAtOnce?: boolean
  /**
   * Records are kept under the id itself and hold the session as a value, because other software has
   * written them that way. Such a store does not keep promise P4.
   */
  readonly keepsSessions?: boolean
  /** Activity is recorded on every request unless `touchEvery` says otherwise. */
  readonly touchesAlways?: boolean
}

/** A store that can stream every live record, in no particular order; one that changes meanwhile may be missed. */
export interface EnumeratingStore<Data = EncodedData> extends Store<Data> {
  records(): Iterable<SessionRecord<Data>> | AsyncIterable<SessionRecord<Data>>
}

/**
 * A store that can be told to remove what is over, at most `limit` records in one step. Answers how many
 * it removed; fewer than `limit` means that nothing more is over. Safe from several processes at once.
 */
export interface SweepingStore<Data = EncodedData> extends Store<Data> {
  sweep(limit: number): MaybePromise<number>
}

/**
 * A store that knows whose sessions are whose. `replace` may change a record's subject, and the answers here
 * follow it. An index that is kept apart from the records is written before the record, and heals when it
 * is read.
 */
export interface SubjectStore<Data = EncodedData> extends Store<Data> {
  /**
   * Lists the live sessions of a subject, in no particular order. Answers none for a subject that has none. The
   * epoch hides nothing here: what it ends is found by this list.
   */
  ofSubject(subject: string): MaybePromise<readonly SessionFacts[]>
  /** The subject's epoch; undefined for a subject that has none, or whose time is over. */
  epochOf(subject: string): MaybePromise<SubjectEpoch | undefined>
  /**
   * Raises the subject's epoch, never lowers it. Of two equal ones from two sides the longer is kept, and
   * the exception only if it is the same. One whose time is over counts as none, whichever of the two it is.
   *
   * What the store keeps has the effect of all epochs that it was given, in whichever order they came: `exceptFrom`
   * becomes the highest of those that do not spare the exception.
   */
  raiseEpoch(subject: string, epoch: SubjectEpoch): MaybePromise<void>
}

/** The right of one holder to a name for a while, such as the right of one request to a session. */
export interface Lease {
  /** What is lent. Names of leases and keys of records are separate: the same text may be both. */
  readonly name: string
  /** Names the holder: random text without spaces, which no other holder has. */
  readonly token: string
  /** When the lease is over, in milliseconds since 1970. */
  readonly expiresAt: number
}

/**
 * Lends each name to one holder at a time.
 *
 * Each verb is one round trip and one atomic step, as those of a store are. A lease whose `expiresAt` has been reached is
 * over: every verb treats it as absent, by the same clock as a record. A lease is no record: nothing that lists, counts,
 * bounds or removes records touches it. A store that cannot answer throws or rejects.
 */
export interface Leases {
  /**
   * Lends the name until the lease is over. Answers false, and changes nothing, while another token has it, for a lease
   * that is over when it arrives, and when a bounded store lends all that it can. For the token that already has the
   * name it answers true, and the end becomes the new one: a caller whose answer was lost may ask again.
   */
  acquireLease(lease: Lease): MaybePromise<boolean>
  /** Whether the token has the name now. Answers false once its lease is over, even if no other token has the name. */
  holdsLease(lease: Lease): MaybePromise<boolean>
  /**
   * Gives the name up. Changes nothing when the token does not have it: after an earlier release, after the lease is
   * over, and when another token has the name by now. `expiresAt` does not matter here.
   */
  releaseLease(lease: Lease): MaybePromise<void>
}

/** A store that lends names. With any other store, `exclusive` works among the requests of one process only. */
export interface LeasingStore<Data = EncodedData> extends Store<Data>, Leases {}

/** A session as other software keeps it, under the id itself. */
export interface ForeignSession {
  /** What the other software has written: JSON in the shape of express-session's. */
  readonly text: string
  /** When the other software's store forgets it; undefined where it never does. What the text says may be stale. */
  readonly expiresAt: number | undefined
}

/** What is to take the place of a foreign session. */
export interface TakeOver<Data = EncodedData> {
  readonly id: string
  readonly foreign: ForeignSession
  readonly record: SessionRecord<Data>
}

/**
 * A store that finds sessions of other software, and moves them, for a while that it was told.
 */
export interface AdoptingStore<Data = EncodedData> extends Store<Data> {
  /** Until when it moves sessions; undefined where it moves none. */
  readonly adoptsUntil: number | undefined
  /** Finds what other software keeps under an id, and leaves it there. The id may be anything that was signed here. */
  findForeign(id: string): MaybePromise<ForeignSession | undefined>
  /**
   * Puts the record in the place of the foreign session, in one step where both can be reached in one. Answers false,
   * and changes nothing, when the key is taken, and when the foreign session is not what it was when it was found.
   */
  takeOver(move: TakeOver<Data>): MaybePromise<boolean>
  /**
   * Removes what other software keeps under an id whose session is about to end. It is nothing most of the time: what
   * a move that broke off has left, or what the other software has written again.
   */
  forgetForeign(id: string): MaybePromise<void>
}

/**
 * The line that a subject has drawn under earlier sessions: those of a lower epoch are over, but for one.
 * It is a time where clocks agree, and a number that only grows where they do not.
 */
export interface SubjectEpoch {
  readonly epoch: number
  /** The key of the one session that outlives the line. */
  readonly except: string | undefined
  /**
   * The epoch that the exception needs, because an earlier line has ended it otherwise; undefined where there was none.
   * Only the store gives it: it knows which lines there were.
   */
  readonly exceptFrom?: number | undefined
  /** When no session can be left that it is about, and it need not be kept any more. */
  readonly expiresAt: number
}
