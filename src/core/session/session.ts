import type { Cookie } from '../cookies/cookie.ts'
import { isReserved } from '../data/codec.ts'
import type { MaybePromise } from '../record/store.ts'
import type { Duration } from '../time/duration.ts'
import { Answer } from './answer.ts'
import { checkKeep, checkRecentSignIn, checkSubject } from './sign-in-check.ts'

/** Called when a method of a session has finished: with the error, or without arguments. */
export type SessionCallback = (error?: unknown) => void

/** The property of a request that connects it to its session. */
export const visitKey: unique symbol = Symbol('sojourn.visit')

/** The property of a session that holds the implementation of its methods. */
export const actionsKey: unique symbol = Symbol('sojourn.actions')

/** The options of `signIn`. */
export interface SignInOptions {
  /** The names of the data to copy into the new session, such as `cart`. @default [] */
  readonly keep?: readonly string[] | undefined
}

/** The options of `signOut`. */
export type SignOutOptions = SignInOptions

/** The options of `regenerate`. */
export type RegenerateOptions = SignInOptions

/** The implementation of a session's methods: one for the session of a request, another for a detached session. */
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

/** An active request, for code that replaces its session from outside, such as `store.regenerate`. */
export interface SessionHost {
  /** Makes a session from stored data the session of the request. */
  adopt(data: object): Session
  /** Replaces the session of the request with a new one. */
  generate(): Session
}

/**
 * The session of one visitor: the application's own data, and a few methods.
 *
 * A method with a callback returns the session, as in express-session. Without a callback it returns a promise. If
 * nobody awaits the promise, a failure is no unhandled rejection: the end of the request tries again, or fails with it.
 */
export abstract class Session {
  /** Applications print the name of the class, and a bundler may change that. */
  static readonly name: string = 'Session'

  /** The session's cookie. The browser keeps it for `maxAge`, which is also the idle timeout if `idle` is not set. */
  declare cookie: Cookie

  /** The secret that names the session. Never log it. */
  get id(): string {
    return actionsOf(this).id
  }

  get req(): unknown {
    return actionsOf(this).request
  }

  /** The public name of the session, for logs and pages. It is safe to show: nobody can use it as a cookie. */
  get handle(): string {
    return actionsOf(this).handle
  }

  /** The user that is signed in, as given to `signIn`; undefined for an anonymous session. */
  get subject(): string | undefined {
    return actionsOf(this).subject
  }

  /** When the subject signed in, in milliseconds since 1970; undefined for an anonymous session. */
  get authenticatedAt(): number | undefined {
    return actionsOf(this).authenticatedAt
  }

  /** Resets the cookie's lifetime to its full length. The end of each request does the same. */
  touch(): this {
    return this.resetMaxAge()
  }

  resetMaxAge(): this {
    actionsOf(this).renewCookie()
    return this
  }

  /** Saves the session now. Otherwise the end of the response saves it. */
  save(callback: SessionCallback): this
  save(): Promise<void>
  save(callback?: SessionCallback): this | Promise<void> {
    return answer(this, actionsOf(this).save(), callback)
  }

  /** Loads the session from the store again. `req.session` becomes the loaded one. */
  reload(callback: SessionCallback): this
  reload(): Promise<void>
  reload(callback?: SessionCallback): this | Promise<void> {
    return answer(this, actionsOf(this).reload(), callback)
  }

  /** Ends the session. After this has resolved, no concurrent request can restore it. */
  destroy(callback: SessionCallback): this
  destroy(): Promise<void>
  destroy(callback?: SessionCallback): this | Promise<void> {
    return answer(this, actionsOf(this).destroy(), callback)
  }

  /** Ends the session and begins a new one under a new id. It copies only the data that `keep` names. */
  regenerate(callback: SessionCallback): this
  regenerate(options: RegenerateOptions, callback: SessionCallback): this
  regenerate(options?: RegenerateOptions): Promise<void>
  regenerate(...rest: readonly (RegenerateOptions | SessionCallback | undefined)[]): this | Promise<void> {
    const { options, callback } = optionsAndCallback(rest)
    return answer(this, actionsOf(this).regenerate(options), callback)
  }

  /**
   * Changes the session and saves it at once, without losing concurrent changes. On a conflict it calls the function
   * again with the stored data, until the save succeeds. So the function must do nothing but change the session.
   *
   * @throws SojournError `SESSION_GONE` when the session has ended, `CONFLICT_UNRESOLVED` after too many conflicts.
   * @example await req.session.update(session => { session.views += 1 })
   */
  update<Result>(change: (session: this) => MaybePromise<Result>): Promise<Result>
  update(change: (session: this) => unknown, callback: SessionCallback): this
  update<Result>(
    change: (session: this) => MaybePromise<Result>,
    callback?: SessionCallback,
  ): this | Promise<Result> {
    // The function receives a view of this session, which has the same type.
    const updating = actionsOf(this).update(change as (session: Session) => MaybePromise<Result>)
    return answer(this, updating, callback)
  }

  /**
   * Gives the session a new id and keeps its data. Active requests with the old id continue under the new one. For a
   * sign-in or another change of privileges, use `signIn` or `regenerate`: they end the old session.
   */
  rotate(callback: SessionCallback): this
  rotate(): Promise<void>
  rotate(callback?: SessionCallback): this | Promise<void> {
    return answer(this, actionsOf(this).rotate(), callback)
  }

  /**
   * Ends this session and begins a new one for the user, under a new id. When this resolves, the old id no longer works
   * and the new session is saved.
   *
   * @throws SojournError `SUBJECT_INVALID`, synchronously, for a subject that is no valid string or number;
   * `SESSION_LIMIT` when the subject has too many sessions; `SESSION_GONE` when this session has ended meanwhile.
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

  /** Ends this session and begins an anonymous one with the data that `keep` names. It is saved only if it has data. */
  signOut(options?: SignOutOptions): Promise<void>
  signOut(callback: SessionCallback): this
  signOut(options: SignOutOptions, callback: SessionCallback): this
  signOut(...rest: readonly (SignOutOptions | SessionCallback | undefined)[]): this | Promise<void> {
    const { options, callback } = optionsAndCallback(rest)
    return answer(this, actionsOf(this).signOut(options), callback)
  }

  /**
   * Throws unless the subject has signed in within a span. Call it before actions that a stranger could abuse in a
   * browser that was left open, such as a change of the password.
   *
   * @throws SojournError `SIGN_IN_REQUIRED`, with the status 401.
   */
  requireRecentSignIn(within: Duration): void {
    checkRecentSignIn(actionsOf(this), within)
  }
}

// An application may have data under these names. On a session that is no proxy, which stores receive or load, an
// assignment to such a name replaces the accessor.
for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(Session.prototype))) {
  if (get === undefined || isReserved(name)) continue
  const set = function (this: Session, value: unknown): void {
    Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true })
  }
  Object.defineProperty(Session.prototype, name, { get, set, configurable: true })
}

/** The members that express-session does not have. Applications may already use these names for data. */
type NewName =
  | 'authenticatedAt'
  | 'handle'
  | 'requireRecentSignIn'
  | 'rotate'
  | 'signIn'
  | 'signOut'
  | 'subject'
  | 'update'

/** A session with the application's `Data`. Where the data has the name of a member, the data wins, as at run time. */
export type SessionWith<Data extends object> = [Extract<keyof Data, NewName>] extends [never]
  ? Session & Partial<Data>
  : Omit<Session, Extract<keyof Data, NewName>> & Partial<Data>

/** The implementation of a session's methods. */
export function actionsOf(session: Session): SessionActions {
  // Every session is made with its actions; the name is a symbol of this module.
  return Reflect.get(session, actionsKey) as SessionActions
}

// The callback runs outside of the promise, so that an error that it throws does not become a rejection.
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
  // A detached session returns a plain promise. In an `Answer`, its failure is no unhandled rejection either.
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
