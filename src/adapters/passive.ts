import type { IncomingMessage, ServerResponse } from 'node:http'
import { hostOf } from './node/request-names.ts'

/** What a route takes, behind the middleware of `session()`. */
export type PassiveMiddleware = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void

/**
 * Says that a route is no sign of life, such as the status that a page polls: it prolongs no session.
 *
 * @example app.get('/status', passive(), status)
 */
export function passive(): PassiveMiddleware {
  return (request, _response, next) => {
    hostOf(request, 'passive').visit.markPassive()
    next()
  }
}
