import { createServer } from 'node:http'
import session, { createSessions, MemoryStore, type OpenedStore, openStore, Store } from 'sojourn'
import { lmdbStore } from 'sojourn/lmdb'
import { redisStore } from 'sojourn/redis'

const middleware = session({ secret: 'a secret', store: new MemoryStore(), cookie: { maxAge: 60_000 } })
createServer((request, response) => middleware(request, response, () => response.end()))

export const stores: readonly OpenedStore[] = [
  openStore('memory:'),
  lmdbStore({ path: 'sessions', durability: 'flushed' }),
  redisStore({ client: { sendCommand: () => undefined } }),
]
export class OwnStore extends Store {}
export const sessions: object = createSessions({ secret: 'a secret' })
// @ts-expect-error A cookie that is no object is refused by the types already.
session({ secret: 'a secret', cookie: 7 })
