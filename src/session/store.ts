import { EventEmitter } from 'node:events'
import type { Session } from '../core/session/session.ts'
import type { SessionData } from '../core/session/session-data.ts'
import { type CallbackStore, callbackStore } from '../stores/callback.ts'
import { readAs } from './detached-session.ts'
import { createSession, ownActions, storeErrorOf } from './session.ts'
import type { SessionRequest } from './session-request.ts'

type Callback = (error?: unknown) => void
type SessionAnswer = (error?: unknown, session?: Session) => void

/** What every store for express-session inherits: the base class that such stores extend. */
export interface Store extends EventEmitter {
  /** Begins a new session for a request, in the place of the one it has. The middleware provides it. */
  generate(request: SessionRequest): void
  /** Ends the session of a request, and begins another for it. */
  regenerate(request: SessionRequest, callback: Callback): void
  /** Loads a session by its id, outside any request. */
  load(id: string, callback: SessionAnswer): void
  /** Makes a session of stored data, and gives it to the request. */
  createSession(request: SessionRequest, data: object): Session
}

/** A store with its verbs, as `req.sessionStore` has them. Those with a question mark not every store has. */
export interface CompleteStore extends Store, CallbackStore {
  get(id: string, answer: (error: unknown, session?: SessionData | null) => void): unknown
  on(event: string | symbol, listener: (...values: unknown[]) => void): this
  /** Answers all sessions, as a list or by their ids. */
  all?(answer: (error?: unknown, sessions?: object | null) => void): void
  /** Answers how many sessions there are. */
  length?(answer: (error?: unknown, length?: number) => void): void
  clear?(answer?: Callback): void
}

/** Constructs with `new`, is extended with `class`, and is called without `new` by older stores. */
export interface StoreConstructor {
  new (options?: unknown): Store
  (this: unknown, options?: unknown): void
  readonly prototype: Store
}

// A class cannot be called without `new`, and stores that were written before classes do so:
// `Store.call(this)` together with `util.inherits`. Hence a function, whose type says both.
export const Store: StoreConstructor = function Store(this: EventEmitter): void {
  EventEmitter.call(this)
} as unknown as StoreConstructor

Object.setPrototypeOf(Store, EventEmitter)
Object.setPrototypeOf(Store.prototype, EventEmitter.prototype)
for (const [name, value] of Object.entries({ regenerate, load, createSession: createStoredSession })) {
  // As in a class: not enumerable, and open to be replaced.
  Object.defineProperty(Store.prototype, name, { value, writable: true, configurable: true })
}

/** The session of a request under way ends by its own method, so that whatever else the request does knows of it. */
function regenerate(this: CompleteStore, request: SessionRequest, callback: Callback): void {
  const own = ownActions(request)
  const work = own === undefined ? regenerateHere(this, request) : own.regenerate({})
  work.then(
    () => process.nextTick(callback),
    error => process.nextTick(callback, storeErrorOf(error)),
  )
}

/** Begins another session once the old one has ended. If that fails the request keeps the one that it has. */
async function regenerateHere(store: CompleteStore, request: SessionRequest): Promise<void> {
  await callbackStore(store).delete(request.sessionID)
  store.generate(request)
}

function load(this: CompleteStore, id: string, callback: SessionAnswer): void {
  // Noted before the store is asked: who ends the session from now on ends what is read here.
  const version = callbackStore(this).versionForReader(id)
  this.get(id, (error, data) => {
    if (error || !data) return callback(error)
    let session: Session
    try {
      session = this.createSession({ sessionID: id, sessionStore: this }, readAs(version, data))
    } catch (refused) {
      // Thrown from here it would end in the store, or end the process.
      return callback(refused)
    }
    callback(undefined, session)
  })
}

function createStoredSession(this: Store, request: SessionRequest, data: object): Session {
  return createSession(request, data)
}

export { Store as default }
