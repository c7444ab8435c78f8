import type { Session } from '../core/session/session.ts'
import type { SessionsById } from '../core/visit/sessions-by-id.ts'
import { createSession } from './session.ts'
import type { SessionRequest } from './session-request.ts'
import { type CompleteStore, Store } from './store.ts'

type Answer<Value> = (error?: unknown, value?: Value) => void

/**
 * `req.sessionStore` for a store of Sojourn's own. It has the methods of an express-session store, which take ids.
 * The session of a request is not loaded or saved through it.
 */
export interface ManagedStore extends CompleteStore {
  touch(id: string, session: object, answer?: Answer<void>): void
  /** Returns all live sessions by handle, because the store does not know their ids. */
  all(answer: Answer<{ readonly [handle: string]: object }>): void
  length(answer: Answer<number>): void
  clear(answer?: Answer<void>): void
}

/** Wraps the sessions of a manager in the interface of an express-session store. */
export function managedStore(sessions: SessionsById): ManagedStore {
  const make = (request: SessionRequest, data: object): Session => {
    const session = createSession(request, data)
    sessions.noteMade(session, data)
    return session
  }
  return Object.assign(new Store(), {
    get: (id: string, answer: Answer<object | undefined>) => reply(sessions.get(id), answer),
    set: (id: string, session: object, answer?: Answer<void>) => reply(sessions.set(id, session), answer),
    destroy: (id: string, answer?: Answer<void>) => reply(sessions.destroy(id), answer),
    touch: (id: string, session: object, answer?: Answer<void>) => reply(sessions.touch(id, session), answer),
    all: (answer: Answer<{ readonly [handle: string]: object }>) => reply(sessions.all(), answer),
    length: (answer: Answer<number>) => reply(sessions.length(), answer),
    clear: (answer?: Answer<void>) => reply(sessions.clear(), answer),
    createSession: make,
  }) as ManagedStore
}

function reply<Value>(work: Promise<Value>, answer: Answer<Value> | undefined): void {
  if (answer === undefined) work.catch(() => undefined)
  else
    work.then(
      value => process.nextTick(answer, null, value),
      error => process.nextTick(answer, error),
    )
}
