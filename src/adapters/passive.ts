import { exchangeOf } from './node/exchange.ts'
import type { Middleware } from './node/messages.ts'

/**
 * Says that a route is no sign of life, such as the status that a page polls: it prolongs no session.
 *
 * @example app.get('/status', passive(), status)
 */
export function passive(): Middleware {
  return (request, _response, next) => {
    exchangeOf(request, 'passive').visit.markPassive()
    next()
  }
}
