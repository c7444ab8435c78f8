import express from 'express'
import { bareFrame, layout } from './pages/layout.js'
import { messagePage, tracePage } from './pages/message-pages.js'
import { finishedTrace } from './pages/trace-panel.js'

/**
 * What a request has done, once it is over. It comes before the session, and knows a request by a random name that
 * only its own page has.
 *
 * @param {import('./tracing/traces.js').Traces} traces
 */
export function traceRoutes(traces) {
  const router = express.Router()
  router.param('id', async (request, response, next) => {
    const trace = traces.find(String(request.params.id))
    await trace?.finished
    response.locals.trace = trace
    next()
  })
  router.get('/:id/part', (_request, response) => {
    const { trace } = response.locals
    if (trace === undefined) response.status(404).end()
    else response.type('html').send(finishedTrace(trace).toString())
  })
  router.get('/:id', (_request, response) => {
    const { trace } = response.locals
    const content = trace === undefined ? messagePage('That request is forgotten.') : tracePage(trace)
    response.status(trace === undefined ? 404 : 200).send(layout('A request', content, bareFrame))
  })
  return router
}
