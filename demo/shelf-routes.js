import express from 'express'
import { goods } from './goods.js'
import { picture } from './pages/picture.js'
import { shelfPage } from './pages/shelf-page.js'
import { beginVisit, pageFor } from './shop.js'

/** @typedef {import('./shop.js').Shop} Shop */

/**
 * The shelf, which counts how often it is looked at.
 *
 * @param {Shop} shop
 */
export function shelfRoutes(shop) {
  const router = express.Router()
  router.get('/', (request, _response) => {
    const { session } = request
    beginVisit(shop, session)
    session.views = (session.views ?? 0) + 1
    pageFor(shop, request)('Shelf', shelfPage(goods, session.views))
  })
  return router
}

/** The pictures of the goods: files to the browser, drawn once here. */
export function pictureRoutes() {
  const router = express.Router()
  for (const { id, drawing } of goods) {
    const drawn = picture(drawing)
    router.get(`/${id}.svg`, (_request, response) => {
      response.set('Cache-Control', 'no-cache').type('svg').send(drawn)
    })
  }
  return router
}
