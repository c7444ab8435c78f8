import express from 'express'
import { countOf } from './cart.js'
import { goodbyePage } from './pages/message-pages.js'
import { signInPage } from './pages/sign-in-page.js'
import { pageFor } from './shop.js'
import { currentTrace } from './tracing/current-trace.js'

/** @typedef {import('./shop.js').Shop} Shop */
/** @typedef {import('express').Request} Request */
/** @typedef {import('express').Response} Response */

const longestName = 40

/** @param {Shop} shop */
export function signInRoutes(shop) {
  const router = express.Router()
  router.get('/sign-in', (request, response) => {
    if (request.session.subject === undefined) pageFor(shop, request)('Sign in', signInPage(longestName))
    else response.redirect(303, '/account')
  })
  router.post('/sign-in', (request, response) => signIn(shop, request, response))
  router.post('/sign-out', signOut)
  router.get('/goodbye', (request, response) => sayGoodbye(shop, request, response))
  return router
}

/**
 * Says that somebody has left, and nothing to who has not: anybody can follow a link to it.
 *
 * @param {Shop} shop
 * @param {Request} request
 * @param {Response} response
 */
function sayGoodbye(shop, request, response) {
  const { subject, since } = request.session
  if (subject !== undefined || since !== undefined) {
    response.redirect(303, subject === undefined ? '/' : '/account')
    return
  }
  const farewell = shop.traces.find(String(request.query.after))
  pageFor(shop, request)('Signed out', goodbyePage(farewell))
}

/**
 * A new id for a new privilege: whoever knew the visitor's id before the sign-in knows nothing after it. What is
 * left in the session before goes over with the cart.
 *
 * @param {Shop} shop
 * @param {Request} request
 * @param {Response} response
 */
async function signIn(shop, request, response) {
  const name = String(request.body?.name ?? '').trim()
  const problem = problemWith(name)
  if (problem !== undefined) {
    pageFor(shop, request)('Sign in', signInPage(longestName, { name, problem }), 400)
    return
  }
  Object.assign(request.session, { user: name, notice: `Welcome, ${name}.` })
  await request.session.signIn(subjectFor(name), { keep: ['cart', 'views', 'user', 'notice'] })
  response.redirect(303, countOf(request.session.cart) === 0 ? '/account' : '/cart')
}

/**
 * @param {Request} request
 * @param {Response} response
 */
async function signOut(request, response) {
  await request.session.signOut()
  response.redirect(303, `/goodbye?after=${currentTrace()?.id}`)
}

/** @param {string} name */
function problemWith(name) {
  if (name.length === 0 || name.length > longestName) return `Give a name of 1 to ${longestName} characters.`
  if (!/^\p{L}[\p{L}\p{M}\p{N} .'’-]*$/u.test(name)) return 'Give a name of letters, such as Ada.'
  return undefined
}

/**
 * A real shop has an id for each customer. Here the name is all there is, however it is written.
 *
 * @param {string} name
 */
function subjectFor(name) {
  return `customer:${name.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ')}`
}
