import type { Session } from '../core/session/session.ts'
import type { SessionsById } from '../core/visit/sessions-by-id.ts'
import { createSession } from './session.ts'
import type { SessionRequest } from './session-request.ts'
import { type CompleteStore, Store } from './store.ts'

type Answer<Value> = (error?: unknown, value?: Value) => void

/**
 * A store of Sojourn's own as `req.sessionStore` shows it: with the verbs that applications written for
 * express-session call, by id. A request's own session does not go this way.
 */
export interface ManagedStore extends CompleteStore {
  touch(id: string, session: object, answer?: Answer<void>): void
  /** Answers all live sessions by their handles, because the store does not know their ids. */
  all(answer: Answer<{ readonly [handle: string]: object }>): void
  length(answer: Answer<number>): void
  clear(answer?: Answer<void>): void
}

/** Gives a manager's sessions the face of a store for express-session. */
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
