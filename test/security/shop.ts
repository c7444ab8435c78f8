import type { ServerResponse } from 'node:http'
import cookieParser from 'cookie-parser'
import express from 'express'
import session, { type SessionOptions } from 'sojourn'
import { systemClock } from '../../src/core/time/clock.ts'
import { atOnce, later } from '../core/stage.ts'
import { WatchedStore } from '../core/watched-store.ts'
import { ask } from '../support/http-client.ts'
import {
  type Errors,
  type Listener,
  type Protocol,
  plain,
  type SessionRequest,
  serve,
} from '../support/servers.ts'

export const secret = 'the secret of the shop, which nobody else knows'

/** Every way in which the shop is served: a case that holds on one of them need not hold on another. */
export const frameworks = ['node:http', 'Express 5', 'Express 5 behind cookie-parser'] as const
export type Framework = (typeof frameworks)[number]

export interface ShopOptions extends SessionOptions {
  readonly framework?: Framework
  readonly protocol?: Protocol
  /** Runs before the session middleware, as somebody else's middleware does. */
  readonly before?: (request: SessionRequest) => void
  /** Takes the place of the shop's own route. */
  readonly route?: (request: SessionRequest, response: ServerResponse) => unknown
  /** Whether the store answers without a promise. */
  readonly readsAtOnce?: boolean
}

export interface Shop {
  readonly port: number
  readonly store: WatchedStore
  /** What the error handler was given. */
  readonly errors: Errors
}

/** Opens a shop for one test: `/in` signs in, `/out` signs out, `/anew` regenerates, the rest says who is there. */
export async function openShop({
  framework = 'node:http',
  protocol = 'http',
  before = () => undefined,
  route = shopRoute,
  readsAtOnce = true,
  ...options
}: ShopOptions = {}): Promise<Shop> {
  const store = new WatchedStore(systemClock, readsAtOnce ? atOnce : later)
  const errors: Errors = []
  const middleware = session({ secret, name: 'sid', store, ...options })
  const served = plain(middleware, route, errors)
  const listener: Listener = framework === 'node:http' ? served : onExpress(framework, served)
  const port = await serve((request, response) => {
    before(request as SessionRequest)
    listener(request, response)
  }, protocol)
  return { port, store, errors }
}

function onExpress(framework: Framework, served: Listener): Listener {
  const app = express()
  if (framework !== 'Express 5') app.use(cookieParser(secret))
  app.use(served)
  return app
}

async function shopRoute(request: SessionRequest, response: ServerResponse): Promise<void> {
  const path = request.url?.split('?', 1)[0]
  // There is none for a target such as `*`, which is no path.
  const { session: visited } = request
  if (path === '/in') Object.assign(visited, { user: 'ada' })
  if (path === '/out') await visited.destroy()
  if (path === '/anew') await visited.regenerate()
  response.end(String(visited?.user ?? 'nobody'))
}

/** Signs somebody in, and answers the pair that the browser would send back. */
export async function signIn({ port, store }: Shop, isSecure = false): Promise<string> {
  const { cookie } = await ask(port, '/in', { isSecure })
  store.forgetCalls()
  return cookie
}
