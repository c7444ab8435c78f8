/// <reference path="./session-data.d.ts" />
import { fileURLToPath } from 'node:url'
import express from 'express'
import session, { passive, sameOrigin, systemClock } from 'sojourn'
import { accountRoutes } from './account-routes.js'
import { cartRoutes } from './cart-routes.js'
import { messagePage } from './pages/message-pages.js'
import { protect } from './protect.js'
import { pictureRoutes, shelfRoutes } from './shelf-routes.js'
import { pageFor } from './shop.js'
import { showError } from './show-error.js'
import { signInRoutes } from './sign-in-routes.js'
import { statusRoute } from './status-route.js'
import { traceRoutes } from './trace-routes.js'
import { recording } from './tracing/recorder.js'
import { Traces } from './tracing/traces.js'

/** @typedef {import('./shop.js').Shop} Shop */

/**
 * @typedef {object} ShopOptions
 * @property {string} secret
 * @property {import('sojourn').RecordStore} store
 * @property {number} idleMs
 * @property {number} absoluteMs
 * @property {import('sojourn').Clock} [clock]
 */

const cookieName = 'wayside'
const publicFolder = fileURLToPath(new URL('public', import.meta.url))

/**
 * Makes the shop.
 *
 * @param {ShopOptions} options
 */
export function createApp({ secret, store, idleMs, absoluteMs, clock = systemClock }) {
  const traces = new Traces(cookieName)
  const sessions = session({
    secret,
    store: recording(store),
    name: cookieName,
    cookie: { sameSite: 'lax', secure: 'auto' },
    idle: idleMs,
    absolute: absoluteMs,
    // Often enough to be seen within a minute. Left out, it is a tenth of the idle timeout.
    touchEvery: Math.min(10_000, idleMs / 10),
    seal: 'server',
    clock,
  })
  const shop = { manager: sessions.sessions, traces, now: () => clock.now(), idleMs, absoluteMs }
  const app = express()
  app.disable('x-powered-by')
  app.use(protect)
  app.use(express.static(publicFolder, { index: false, setHeaders: revalidate }))
  app.use('/pictures', pictureRoutes())
  app.use('/traces', traceRoutes(traces))
  app.use(sameOrigin())
  app.use(traces.follow)
  app.use(sessions)
  app.use(express.urlencoded({ extended: false, limit: '2kb' }))
  addRoutes(app, shop)
  app.use(showError)
  return app
}

/**
 * @param {express.Express} app
 * @param {Shop} shop
 */
function addRoutes(app, shop) {
  // Whatever is asked of that address, and by whichever method.
  app.use('/status', passive())
  app.get('/status', statusRoute(shop))
  app.use('/', shelfRoutes(shop))
  app.use('/cart', cartRoutes(shop))
  app.use('/', signInRoutes(shop))
  app.use('/account', accountRoutes(shop))
  app.use((request, _response) => {
    pageFor(shop, request)('Not found', messagePage('There is no such page.'), 404)
  })
}

/** @param {express.Response} response */
function revalidate(response) {
  response.set('Cache-Control', 'no-cache')
}
