import type { Cookie } from '../cookies/cookie.ts'
import { isReserved } from '../data/codec.ts'
import type { MaybePromise } from '../record/store.ts'
import type { Duration } from '../time/duration.ts'
import { Answer } from './answer.ts'
import { checkKeep, checkRecentSignIn, checkSubject } from './sign-in-check.ts'

/** Called when a method of a session is done: with the error, or with nothing. */
export type SessionCallback = (error?: unknown) => void

/** Under this name a request keeps what connects it to its session. */
export const visitKey: unique symbol = Symbol('sojourn.visit')

/** Under this name a session keeps what its methods act through. */
export const actionsKey: unique symbol = Symbol('sojourn.actions')

/** How somebody is signed in. */
export interface SignInOptions {
  /** The names of the data that go over into the new session, such as a cart. @default [] */
  readonly keep?: readonly string[] | undefined
}

/** How somebody is signed out. */
export type SignOutOptions = SignInOptions

/** How a session gives way to another. */
export type RegenerateOptions = SignInOptions

/** What the methods of a session do: for the session of a request, or for one made by hand from stored data. */
export interface SessionActions {
  readonly id: string
  readonly handle: string
  /** Whether the store has the session. */
  readonly isStored: boolean
  readonly request: unknown
  readonly subject: string | undefined
  readonly authenticatedAt: number | undefined
  now(): number
  renewCookie(): void
  save(): Promise<void>
  reload(): Promise<void>
  destroy(): Promise<void>
  regenerate(options: RegenerateOptions): Promise<void>
  update<Result>(change: (session: Session) => MaybePromise<Result>): Promise<Result>
  rotate(): Promise<void>
  signIn(subject: string, options: SignInOptions): Promise<void>
  signOut(options: SignOutOptions): Promise<void>
}

/** A request under way, as whoever changes its session from outside reaches it. */
export interface SessionHost {
  /** Takes a session that was made of stored data. */
  adopt(data: object): Session
  /** Begins a new session in the place of the one that is there. */
  generate(): Session
}

/**
 * The session of one visitor: the application's own data, and a few methods.
 *
 * A method takes a callback, as in express-session, and then answers the session; without one it answers a
 * promise. That promise may be dropped: a failure that nobody awaits is an event, never an unhandled rejection.
 */
export abstract class Session {
  /** A bundler may rename the class, and applications print its name. */
  static readonly name: string = 'Session'

  /** How long the browser keeps the cookie, and with it the session when no `idle` is set. */
  declare cookie: Cookie

  /** The secret that names the session. Never log it. */
  get id(): string {
    return actionsOf(this).id
  }

  get req(): unknown {
    return actionsOf(this).request
  }

  /** How the session is named to people and in logs. Safe to show, and useless as a cookie. */
  get handle(): string {
    return actionsOf(this).handle
  }

  /** Whom the session belongs to; undefined while nobody has signed in. */
  get subject(): string | undefined {
    return actionsOf(this).subject
  }

  /** When the subject signed in, in milliseconds since 1970; undefined while nobody has. */
  get authenticatedAt(): number | undefined {
    return actionsOf(this).authenticatedAt
  }

  /** Gives the cookie its whole lifetime again. Happens at the end of each request anyway. */
  touch(): this {
    return this.resetMaxAge()
  }

  resetMaxAge(): this {
    actionsOf(this).renewCookie()
    return this
  }

  /** Stores the session now. Without this it is stored when the response ends. */
  save(callback: SessionCallback): this
  save(): Promise<void>
  save(callback?: SessionCallback): this | Promise<void> {
    return answer(this, actionsOf(this).save(), callback)
  }

  /** Reads the session from the store again, and puts it in the place of this one on the request. */
  reload(callback: SessionCallback): this
  reload(): Promise<void>
  reload(callback?: SessionCallback): this | Promise<void> {
    return answer(this, actionsOf(this).reload(), callback)
  }

  /** Ends the session. Once this has resolved, no request brings it back. */
  destroy(callback: SessionCallback): this
  destroy(): Promise<void>
  destroy(callback?: SessionCallback): this | Promise<void> {
    return answer(this, actionsOf(this).destroy(), callback)
  }

  /** Ends the session and begins another under a new id, with the data that `keep` names: for every change of privilege. */
  regenerate(callback: SessionCallback): this
  regenerate(options: RegenerateOptions, callback: SessionCallback): this
  regenerate(options?: RegenerateOptions): Promise<void>
  regenerate(...rest: readonly (RegenerateOptions | SessionCallback | undefined)[]): this | Promise<void> {
    const { options, callback } = optionsAndCallback(rest)
    return answer(this, actionsOf(this).regenerate(options), callback)
  }

  /**
   * Changes the session and stores it at once, exactly: the function is called again, upon what is stored by
   * then, until nobody else has been quicker. It may be called several times, and so must do nothing else.
   *
   * @throws SojournError `SESSION_GONE` when the session has ended, `CONFLICT_UNRESOLVED` when others never rest.
   * @example await req.session.update(session => { session.views += 1 })
   */
  update<Result>(change: (session: this) => MaybePromise<Result>): Promise<Result>
  update(change: (session: this) => unknown, callback: SessionCallback): this
  update<Result>(
    change: (session: this) => MaybePromise<Result>,
    callback?: SessionCallback,
  ): this | Promise<Result> {
    // The function is handed the session itself, which is a `this`.
    const updating = actionsOf(this).update(change as (session: Session) => MaybePromise<Result>)
    return answer(this, updating, callback)
  }

  /**
   * Gives the session a new id, because the old one has been in use for long enough. The session goes on:
   * requests under way with the old id are led to the new one. For a change of privilege use `signIn`.
   */
  rotate(callback: SessionCallback): this
  rotate(): Promise<void>
  rotate(callback?: SessionCallback): this | Promise<void> {
    return answer(this, actionsOf(this).rotate(), callback)
  }

  /**
   * Ends this session and begins another that belongs to a subject. The old id is dead before this resolves,
   * and the new session is stored.
   *
   * @throws SojournError `SUBJECT_INVALID`, at once, for what is no string and no number; `SESSION_LIMIT`
   * when the subject has as many sessions as are allowed; `SESSION_GONE` when this session was ended meanwhile.
   * @example await req.session.signIn(user.id, { keep: ['cart'] })
   */
  signIn(subject: string | number, options?: SignInOptions): Promise<void>
  signIn(subject: string | number, callback: SessionCallback): this
  signIn(subject: string | number, options: SignInOptions, callback: SessionCallback): this
  signIn(
    subject: string | number,
    ...rest: readonly (SignInOptions | SessionCallback | undefined)[]
  ): this | Promise<void> {
    const { options, callback } = optionsAndCallback(rest)
    return answer(this, actionsOf(this).signIn(checkSubject(subject), options), callback)
  }

  /** Ends this session and begins an empty one, which belongs to nobody and is stored only if it is used. */
  signOut(options?: SignOutOptions): Promise<void>
  signOut(callback: SessionCallback): this
  signOut(options: SignOutOptions, callback: SessionCallback): this
  signOut(...rest: readonly (SignOutOptions | SessionCallback | undefined)[]): this | Promise<void> {
    const { options, callback } = optionsAndCallback(rest)
    return answer(this, actionsOf(this).signOut(options), callback)
  }

  /**
   * Demands that the subject has signed in within a span, before something that must not be done with a
   * session that was left open.
   *
   * @throws SojournError `SIGN_IN_REQUIRED`, with the status 401, when that is not so.
   */
  requireRecentSignIn(within: Duration): void {
    checkRecentSignIn(actionsOf(this), within)
  }
}

// An application may have data under these names, and they may be assigned to a session that is no proxy: to one that a
// store is handed, or has loaded. What is assigned then takes the accessor's place.
for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(Session.prototype))) {
  if (get === undefined || isReserved(name)) continue
  const set = function (this: Session, value: unknown): void {
    Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true })
  }
  Object.defineProperty(Session.prototype, name, { get, set, configurable: true })
}

/** The members that express-session does not have, and that applications may have data under. */
type NewName =
  | 'authenticatedAt'
  | 'handle'
  | 'requireRecentSignIn'
  | 'rotate'
  | 'signIn'
  | 'signOut'
  | 'subject'
  | 'update'

/** A session that holds `Data`. A name that the data has means the data, as it does when the program runs. */
export type SessionWith<Data extends object> = [Extract<keyof Data, NewName>] extends [never]
  ? Session & Partial<Data>
  : Omit<Session, Extract<keyof Data, NewName>> & Partial<Data>

/** Through what a session's methods act. */
export function actionsOf(session: Session): SessionActions {
  // Every session is made with its actions; the name is a symbol of this module.
  return Reflect.get(session, actionsKey) as SessionActions
}

// The callback runs outside the promise, so that what it throws is the application's and nobody's rejection.
function answer<Self extends Session, Result>(
  session: Self,
  work: Promise<Result>,
  callback: SessionCallback | undefined,
): Self | Promise<Result> {
  if (typeof callback === 'function') {
    work.then(
      () => process.nextTick(callback),
      error => process.nextTick(callback, error),
    )
    return session
  }
  // Those of a session that was made by hand are promises like any other, which may be dropped all the same.
  return work instanceof Answer ? work : new Answer(resolve => resolve(work))
}

function optionsAndCallback(rest: readonly (SignInOptions | SessionCallback | undefined)[]): {
  readonly options: SignInOptions
  readonly callback: SessionCallback | undefined
} {
  const [first, second] = rest
  if (typeof first === 'function') return { options: {}, callback: first }
  return { options: checkKeep(first ?? {}), callback: typeof second === 'function' ? second : undefined }
}
