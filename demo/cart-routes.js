import express from 'express'
import { requireSubject } from 'sojourn'
import { linesOf, mostOfOne, parseQuantity, withExactly, withMore } from './cart.js'
import { findGood } from './goods.js'
import { cartPage } from './pages/cart-page.js'
import { messagePage } from './pages/message-pages.js'
import { beginVisit, pageFor } from './shop.js'

/** @typedef {import('./shop.js').Shop} Shop */
/** @typedef {import('./cart.js').Cart} Cart */
/** @typedef {import('express').Request} Request */
/** @typedef {import('express').Response} Response */

/** @param {Shop} shop */
export function cartRoutes(shop) {
  const router = express.Router()
  router.get('/', (request, _response) => {
    const { cart, subject } = request.session
    const content = cartPage({ lines: linesOf(cart), mostOfOne, isSignedIn: subject !== undefined })
    pageFor(shop, request)('Cart', content)
  })
  router.post('/', (request, response) => add(shop, request, response))
  router.post('/quantity', (request, response) => setQuantity(shop, request, response))
  router.post('/order', requireSubject({ redirect: '/sign-in' }), order)
  return router
}

/**
 * @param {Shop} shop
 * @param {Request} request
 * @param {Response} response
 */
async function add(shop, request, response) {
  const good = findGood(request.body?.good)
  if (good === undefined) return refuse(shop, request)
  await changeCart(shop, request, {
    change: cart => withMore(cart, good.id, 1),
    notice: `${good.name} is in your cart.`,
  })
  response.redirect(303, '/cart')
}

/**
 * @param {Shop} shop
 * @param {Request} request
 * @param {Response} response
 */
async function setQuantity(shop, request, response) {
  const good = findGood(request.body?.good)
  const quantity = request.body?.remove === 'yes' ? 0 : parseQuantity(request.body?.quantity)
  if (good === undefined || quantity === undefined) return refuse(shop, request)
  await changeCart(shop, request, {
    change: cart => withExactly(cart, good.id, quantity),
    notice: quantity === 0 ? `${good.name} is out of your cart.` : `${good.name}: now ${quantity}.`,
  })
  response.redirect(303, '/cart')
}

/**
 * @param {Request} request
 * @param {Response} response
 */
function order({ session }, response) {
  delete session.cart
  session.notice = 'Thank you. Your order is as real as this shop.'
  response.redirect(303, '/cart')
}

/**
 * Changes the cart by what is stored at that moment, so that of two clicks in two windows both count.
 *
 * @param {Shop} shop
 * @param {Request} request
 * @param {{ change: (cart: Cart | undefined) => Cart, notice: string }} step
 */
async function changeCart(shop, request, { change, notice }) {
  await request.session.update(session => {
    beginVisit(shop, session)
    session.cart = change(session.cart)
    session.notice = notice
  })
}

/**
 * @param {Shop} shop
 * @param {Request} request
 */
function refuse(shop, request) {
  pageFor(shop, request)('Not in this shop', messagePage('The shop cannot do that.'), 400)
}
