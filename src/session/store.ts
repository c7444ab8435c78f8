import { EventEmitter } from 'node:events'
import type { Session } from '../core/session/session.ts'
import type { SessionData } from '../core/session/session-data.ts'
import { type CallbackStore, callbackStore } from '../stores/callback.ts'
import { readAs } from './detached-session.ts'
import { createSession, ownActions, storeErrorOf } from './session.ts'
import type { SessionRequest } from './session-request.ts'

type Callback = (error?: unknown) => void
type SessionAnswer = (error?: unknown, session?: Session) => void

/** The base class that stores for express-session extend. */
export interface Store extends EventEmitter {
  /** Replaces the session of a request with a new one. The middleware adds this method to the store. */
  generate(request: SessionRequest): void
  /** Ends the session of a request, and begins a new one for it. */
  regenerate(request: SessionRequest, callback: Callback): void
  /** Loads a session by its id, outside of any request. */
  load(id: string, callback: SessionAnswer): void
  /** Makes a session from stored data, and assigns it to the request. */
  createSession(request: SessionRequest, data: object): Session
}

/** A store with all of its methods, as in `req.sessionStore`. The optional ones depend on the store. */
export interface CompleteStore extends Store, CallbackStore {
  get(id: string, answer: (error: unknown, session?: SessionData | null) => void): unknown
  on(event: string | symbol, listener: (...values: unknown[]) => void): this
  /** Returns all sessions, as a list or by id. */
  all?(answer: (error?: unknown, sessions?: object | null) => void): void
  /** Returns the number of sessions. */
  length?(answer: (error?: unknown, length?: number) => void): void
  clear?(answer?: Callback): void
}

/** Works with `new` and with `class … extends`. Older stores call it without `new`. */
export interface StoreConstructor {
  new (options?: unknown): Store
  (this: unknown, options?: unknown): void
  readonly prototype: Store
}

// A class cannot be called without `new`, and stores older than classes do that: `Store.call(this)` together
// with `util.inherits`. So this is a function, and its type allows both.
export const Store: StoreConstructor = function Store(this: EventEmitter): void {
  EventEmitter.call(this)
} as unknown as StoreConstructor

Object.setPrototypeOf(Store, EventEmitter)
Object.setPrototypeOf(Store.prototype, EventEmitter.prototype)
for (const [name, value] of Object.entries({ regenerate, load, createSession: createStoredSession })) {
  // As in a class: not enumerable, and an application may replace it.
  Object.defineProperty(Store.prototype, name, { value, writable: true, configurable: true })
}

/** Calls the session's own `regenerate` in an active request, so that the end of the request knows of the new session. */
function regenerate(this: CompleteStore, request: SessionRequest, callback: Callback): void {
  const own = ownActions(request)
  const work = own === undefined ? regenerateHere(this, request) : own.regenerate({})
  work.then(
    () => process.nextTick(callback),
    error => process.nextTick(callback, storeErrorOf(error)),
  )
}

/** Begins a new session after the old one is deleted. If the delete fails, the request keeps its session. */
async function regenerateHere(store: CompleteStore, request: SessionRequest): Promise<void> {
  await callbackStore(store).delete(request.sessionID)
  store.generate(request)
}

function load(this: CompleteStore, id: string, callback: SessionAnswer): void {
  // Taken before the read: if the session is destroyed after this line, a later save of this copy fails.
  const version = callbackStore(this).versionForReader(id)
  this.get(id, (error, data) => {
    if (error || !data) return callback(error)
    let session: Session
    try {
      session = this.createSession({ sessionID: id, sessionStore: this }, readAs(version, data))
    } catch (refused) {
      // If this threw, the error would go to the store, or crash the process.
      return callback(refused)
    }
    callback(undefined, session)
  })
}

function createStoredSession(this: Store, request: SessionRequest, data: object): Session {
  return createSession(request, data)
}

export { Store as default }
