import session = require('sojourn')
import Store = require('sojourn/session/store')

import type { Request } from 'express'
import { redisStore } from 'sojourn/redis'

declare module 'sojourn' {
  interface SessionData {
    required: number
  }
}

class Own extends session.Store {}
class Deep extends Store {}
const options: session.SessionOptions = {
  secret: 'thirty-two bytes that only this knows',
  store: new session.MemoryStore(),
}
const middleware: session.SessionMiddleware = session(options)
const data: Partial<session.SessionData> = { required: 1 }
function read(request: Request): number | undefined {
  // @ts-expect-error Nobody has said that there is such a thing.
  request.session.misspelled
  return request.session.required
}
// @ts-expect-error There is no such option.
const wrong = () => session({ sesame: true })
if (middleware.sessions === undefined || session.session !== session) throw new Error('It is something else.')
void [Own, Deep, data, read, wrong, redisStore]
