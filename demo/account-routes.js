import express from 'express'
import { formToken, requireFormToken, requireSubject } from 'sojourn'
import { deviceName } from './device-name.js'
import { accountPage } from './pages/account-page.js'
import { pageFor } from './shop.js'

/** @typedef {import('./shop.js').Shop} Shop */
/** @typedef {import('express').Request} Request */
/** @typedef {import('express').Response} Response */

/**
 * Where the customer is signed in. The forms bring a token of their session as well, because they end others.
 *
 * @param {Shop} shop
 */
export function accountRoutes(shop) {
  const router = express.Router()
  router.use(requireSubject({ redirect: '/sign-in' }), requireFormToken())
  router.get('/', (request, _response) => showDevices(shop, request))
  router.post('/end', (request, response) => endOne(shop, request, response))
  router.post('/end-others', (request, response) => endOthers(shop, request, response))
  return router
}

/**
 * @param {Shop} shop
 * @param {Request} request
 */
async function showDevices(shop, request) {
  const { handle } = request.session
  const list = await sessionsOf(shop, request).list()
  const devices = list.map(summary => ({
    handle: summary.handle,
    name: deviceName(summary.device.userAgent),
    address: summary.device.address,
    signedInAt: summary.authenticatedAt ?? summary.createdAt,
    lastActiveAt: summary.lastActiveAt,
    isThisOne: summary.handle === handle,
  }))
  const content = accountPage({ devices, token: formToken(request), now: shop.now() })
  pageFor(shop, request)('Account', content)
}

/**
 * @param {Shop} shop
 * @param {Request} request
 * @param {Response} response
 */
async function endOne(shop, request, response) {
  const hasEnded = await sessionsOf(shop, request).end(String(request.body?.handle))
  request.session.notice = hasEnded ? 'That session is over.' : 'There was no such session any more.'
  response.redirect(303, '/account')
}

/**
 * @param {Shop} shop
 * @param {Request} request
 * @param {Response} response
 */
async function endOthers(shop, request, response) {
  const count = await sessionsOf(shop, request).endOthers(request.session)
  request.session.notice = count === 1 ? 'One other session is over.' : `${count} other sessions are over.`
  response.redirect(303, '/account')
}

/**
 * @param {Shop} shop
 * @param {Request} request
 */
function sessionsOf({ manager }, { session }) {
  // The guard lets nobody through who is not signed in.
  return manager.of(session.subject ?? '')
}
