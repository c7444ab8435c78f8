import type { Cookie } from './cookie.ts'

/** Called when a method of a session is done: with the error, or with nothing. */
export type SessionCallback = (error?: unknown) => void

/** Under this name a request keeps what connects it to its session. */
export const visitKey: unique symbol = Symbol('sojourn.visit')

/** Under this name a session keeps what its methods act through. */
export const actionsKey: unique symbol = Symbol('sojourn.actions')

/** What the methods of a session do: for the session of a request, or for one made by hand from stored data. */
export interface SessionActions {
  readonly id: string
  readonly request: unknown
  renewCookie(): void
  save(): Promise<void>
  reload(): Promise<void>
  destroy(): Promise<void>
  regenerate(): Promise<void>
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
  /** How long the browser keeps the cookie, and with it the session when no `idle` is set. */
  declare cookie: Cookie

  /** The secret that names the session. Never log it. */
  get id(): string {
    return actionsOf(this).id
  }

  get req(): unknown {
    return actionsOf(this).request
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

  /** Ends the session and begins another, empty, under a new id: for every change of privilege. */
  regenerate(callback: SessionCallback): this
  regenerate(): Promise<void>
  regenerate(callback?: SessionCallback): this | Promise<void> {
    return answer(this, actionsOf(this).regenerate(), callback)
  }
}

/** Through what a session's methods act. */
export function actionsOf(session: Session): SessionActions {
  // Every session is made with its actions; the name is a symbol of this module.
  return Reflect.get(session, actionsKey) as SessionActions
}

// The callback runs outside the promise, so that what it throws is the application's and nobody's rejection.
function answer<Self extends Session>(
  session: Self,
  work: Promise<void>,
  callback: SessionCallback | undefined,
): Self | Promise<void> {
  if (typeof callback === 'function') {
    work.then(
      () => process.nextTick(callback),
      error => process.nextTick(callback, error),
    )
    return session
  }
  work.catch(() => undefined)
  return work
}
