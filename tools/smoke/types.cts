import session = require('sojourn')

export const middleware: unknown = session({ secret: 'a secret', store: new session.MemoryStore() })
