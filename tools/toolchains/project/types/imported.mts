import type { Request } from 'express'
import * as everything from 'sojourn'
import session, { createSessions, type SessionData, type SessionOptions, Store } from 'sojourn'
import { lmdbStore } from 'sojourn/lmdb'
import DeepStore from 'sojourn/session/store'
import { fakeClock } from 'sojourn/testing'

declare module 'sojourn' {
  interface SessionData {
    imported: number
  }
}

class Own extends Store {}
class Deep extends DeepStore {}
const options: SessionOptions = {
  secret: 'thirty-two bytes that only this knows',
  store: new everything.MemoryStore(),
}
const middleware: everything.SessionMiddleware = session(options)
const data: Partial<SessionData> = { imported: 1 }
function read(request: Request): number | undefined {
  // @ts-expect-error Nobody has said that there is such a thing.
  request.session.misspelled
  return request.session.imported
}
// @ts-expect-error A namespace is no function, for a compiler and for Node.
const wrong = () => everything(options)
if (middleware.sessions === undefined || everything.session !== session)
  throw new Error('It is something else.')
void [Own, Deep, data, read, wrong, createSessions, lmdbStore, fakeClock]
