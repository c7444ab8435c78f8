import session = require('sojourn')

import type { Request } from 'express'

// With `module: preserve` this is added to what `import` sees, also beside a `require`.
declare module 'sojourn' {
  interface SessionData {
    preserved: number
  }
}

class Own extends session.Store {}
const middleware: session.SessionMiddleware = session({
  secret: 'thirty-two bytes that only this knows',
  store: new session.MemoryStore(),
})
const read = (request: Request): number | undefined => request.session.preserved
void [Own, middleware, read]
