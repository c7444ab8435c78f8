import RedisStore7 from 'connect-redis7'
import { RedisStore as RedisStore9 } from 'connect-redis9'
import { RedisStore as RedisStore10 } from 'connect-redis10'
import { type Listener, plain, type Route } from '../../support/application.ts'

// Its types are for whoever has no others of the same names, so that it is named as text.
const expressSession = (await import('express-session' as string)).default as (options: object) => Listener

/** Makes a store of the published package, for a client of node-redis. */
export type MakeOldStore = (client: object, prefix?: string) => object

/** The published versions, each of which writes what the others read. */
export const oldPackages: readonly (readonly [version: string, make: MakeOldStore])[] = [
  [
    'connect-redis 7',
    (client, prefix) => new RedisStore7({ client, ...(prefix === undefined ? {} : { prefix }) }),
  ],
  [
    'connect-redis 9',
    (client, prefix) => new RedisStore9({ client, ...(prefix === undefined ? {} : { prefix }) } as never),
  ],
  [
    'connect-redis 10',
    (client, prefix) => new RedisStore10({ client, ...(prefix === undefined ? {} : { prefix }) } as never),
  ],
]

/** A shop as it was, on express-session. */
export function oldShop(store: object, secret: string, route: Route): Listener {
  const middleware = expressSession({
    secret,
    store,
    resave: false,
    saveUninitialized: false,
    cookie: { maxAge: 3_600_000 },
  })
  return plain(middleware as never, route)
}
