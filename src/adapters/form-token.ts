import type { IncomingMessage } from 'node:http'
import { reportCrossSite } from '../core/cross-site/refusal.ts'
import { isSafeMethod } from '../core/cross-site/same-origin.ts'
import { goneError } from '../core/report/errors.ts'
import { checkEach, type OptionCheck } from '../core/report/option-check.ts'
import { exchangeOf } from './node/exchange.ts'
import type { Middleware, Next } from './node/messages.ts'

/** Where a request has its form token. A header that is not empty decides, whatever is in the body. */
export interface FormTokenOptions {
  /** The name of the header. @default 'x-csrf-token' */
  readonly header?: string | undefined
  /** The name of the field in `request.body`, as a body parser has left it there. @default '_csrf' */
  readonly field?: string | undefined
}

const checks: { readonly [option in keyof Required<FormTokenOptions>]: OptionCheck } = {
  header: { expected: 'the name of a header, and not of the one that holds cookies', accepts: isTokenHeader },
  field: { expected: 'the name of a field', accepts: value => typeof value === 'string' && value !== '' },
}

/**
 * Refuses unsafe requests that do not bring the form token of their session, as `sameOrigin` refuses: with
 * `CROSS_SITE`, the status 403 and the event `cross-site`.
 *
 * A token in the query would stand in logs and in `Referer`, one in a cookie is sent by the browser to
 * whoever asks: neither is looked at.
 *
 * @throws SojournError `OPTION_INVALID` for a wrong option.
 */
export function requireFormToken(options: FormTokenOptions = {}): Middleware {
  checkEach(options, checks)
  const { header = 'x-csrf-token', field = '_csrf' } = options
  const place = { header: header.toLowerCase(), field }
  return (request, _response, next) => {
    if (isSafeMethod(request.method)) next()
    else admit(() => isVerified(request, tokenIn(request, place)), next)
  }
}

/**
 * Makes a token for the forms of a page, another one at each call. It belongs to the session of the request, so that
 * one that is not stored has none that lasts: leave something in it.
 *
 * @throws SojournError `SESSION_GONE` for a request whose session was ended.
 * @example response.render('profile', { token: formToken(request) })
 */
export function formToken(request: IncomingMessage): string {
  const exchange = exchangeOf(request, 'formToken')
  const { session } = exchange.settled()
  if (session === undefined) throw goneError()
  return exchange.sessions.formTokenFor(session)
}

// `next` is called outside of what is caught here: what the route throws is the route's own.
function admit(isRight: () => boolean, next: Next): void {
  const failure = failureOf(isRight)
  if (failure === undefined) next()
  else next(failure.error)
}

function failureOf(isRight: () => boolean): { readonly error: unknown } | undefined {
  try {
    return isRight() ? undefined : { error: reportCrossSite('token') }
  } catch (error) {
    return { error }
  }
}

function isVerified(request: IncomingMessage, token: unknown): boolean {
  const exchange = exchangeOf(request, 'requireFormToken')
  const { session } = exchange.settled()
  return session !== undefined && exchange.sessions.isFormTokenOf(session, token)
}

function tokenIn(request: IncomingMessage, { header, field }: TokenPlace): unknown {
  return request.headers[header] || fieldOf(Reflect.get(request, 'body'), field)
}

interface TokenPlace {
  readonly header: string
  readonly field: string
}

function fieldOf(body: unknown, field: string): unknown {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, field)) return undefined
  return Reflect.get(body, field)
}

function isTokenHeader(value: unknown): boolean {
  return typeof value === 'string' && /^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(value) && !/^cookie$/i.test(value)
}
