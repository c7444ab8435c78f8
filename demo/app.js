/// <reference path="./session-data.d.ts" />
import { fileURLToPath } from 'node:url'
import express from 'express'
import session from 'sojourn'
import { homePage, messagePage, sessionPage } from './pages.js'

/** @typedef {express.Request} Request */
/** @typedef {express.Response} Response */

const stylesheet = fileURLToPath(new URL('style.css', import.meta.url))
const longestName = 40
const hourMs = 3_600_000

/**
 * Makes the app: a counter, a sign-in, a sign-out, and a page that shows the session.
 *
 * @param {{ secret: string }} options
 */
export function createApp({ secret }) {
  const app = express()
  const cookie = /** @type {const} */ ({ maxAge: hourMs, sameSite: 'lax', secure: 'auto' })
  const sessions = session({ secret, cookie, rolling: true })
  app.disable('x-powered-by')
  app.use(protect)
  app.get('/style.css', (_request, response) => response.sendFile(stylesheet))
  app.use(sessions)
  app.use(express.urlencoded({ extended: false, limit: '1kb' }))
  app.get('/', showHome)
  app.post('/sign-in', signIn)
  app.post('/sign-out', signOut)
  app.get('/session', (request, response) => {
    response.send(sessionPage(request.session, sessions.sessions.handleOf(request.sessionID)))
  })
  app.use((_request, response) => response.status(404).send(messagePage('There is no such page.')))
  app.use(showError)
  return app
}

/**
 * @param {Request} _request
 * @param {Response} response
 * @param {express.NextFunction} next
 */
function protect(_request, response, next) {
  response.set({
    'Cache-Control': 'no-store',
    'Content-Security-Policy':
      "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
  })
  next()
}

/**
 * @param {Request} request
 * @param {Response} response
 */
function showHome({ session }, response) {
  session.views = (session.views ?? 0) + 1
  response.send(homePage(session))
}

/**
 * A new id for a new privilege: whoever knew the visitor's id before the sign-in knows nothing after it.
 *
 * @param {Request} request
 * @param {Response} response
 */
async function signIn(request, response) {
  const name = String(request.body?.name ?? '').trim()
  if (name === '' || name.length > longestName) {
    const problem = `Give a name of 1 to ${longestName} characters.`
    response.status(400).send(homePage(request.session, { name, problem }))
    return
  }
  const { views = 0 } = request.session
  await request.session.regenerate()
  Object.assign(request.session, { views, user: name })
  await request.session.save()
  response.redirect(303, '/')
}

/**
 * @param {Request} request
 * @param {Response} response
 */
async function signOut(request, response) {
  await request.session.destroy()
  response.redirect(303, '/')
}

/** @type {express.ErrorRequestHandler} */
// biome-ignore lint/complexity/useMaxParams: Express knows an error handler by its four parameters.
const showError = (error, _request, response, next) => {
  const status = Number(error.status) || 500
  if (status >= 500) console.error(error)
  const message = status < 500 ? 'The request makes no sense.' : 'Something failed.'
  if (response.headersSent) next(error)
  else response.status(status).send(messagePage(message))
}
