import type { IncomingMessage, ServerResponse } from 'node:http'
import { reportCrossSite } from '../core/cross-site/refusal.ts'
import {
  type OriginFacts,
  OriginPolicy,
  type OriginRefusal,
  type OriginRules,
} from '../core/cross-site/same-origin.ts'
import { checkEach, isSwitch, type OptionCheck } from '../core/report/option-check.ts'
import { forwarded } from './node/forwarded.ts'
import type { Middleware, Next, NodeRequest } from './node/messages.ts'

/** The options of `sameOrigin`. */
export interface SameOriginOptions extends OriginRules {
  /**
   * Believes `X-Forwarded-Host` and `X-Forwarded-Proto`. It weakens security unless a proxy of yours sets both,
   * whatever the client has sent. @default false
   */
  readonly proxy?: boolean | undefined
}

/** What `app.use` takes. It works without a framework too: `middleware(request, response, next)`. */
export interface SameOriginMiddleware extends Middleware {
  /**
   * Whether an `upgrade` request, such as one for a WebSocket, may be answered. Nobody but the listener of
   * `upgrade` can ask: such a request passes no middleware, and its being a GET excuses nothing.
   */
  allowsUpgrade(request: IncomingMessage): boolean
}

const checks: { readonly [option in keyof Required<SameOriginOptions>]: OptionCheck } = {
  // The policy looks at each of them, and names the one that is wrong.
  trusted: { expected: 'an array of whole origins', accepts: () => true },
  strict: isSwitch,
  proxy: isSwitch,
}

/**
 * Refuses requests that another site has made a visitor's browser send: `next` is given a `SojournError` with
 * the code `CROSS_SITE` and the status 403, and the event `cross-site` is published.
 *
 * It asks nothing of pages and forms. Mount it before whatever changes anything, sessions or not.
 *
 * @throws SojournError `OPTION_INVALID` for a wrong option.
 *
 * @example
 * app.use(sameOrigin({ trusted: ['https://pay.example'] }))
 */
export function sameOrigin(options: SameOriginOptions = {}): SameOriginMiddleware {
  checkEach(options, checks)
  const { proxy = false, ...rules } = options
  const policy = new OriginPolicy(rules)
  const handle = (request: IncomingMessage, _response: ServerResponse, next: Next): void => {
    const refusal = policy.refusal(factsOf(request, proxy))
    if (refusal === undefined) next()
    else next(reportCrossSite(refusal))
  }
  return Object.assign(handle, {
    allowsUpgrade: (request: IncomingMessage) => allows(policy.upgradeRefusal(factsOf(request, proxy))),
  })
}

function allows(refusal: OriginRefusal | undefined): boolean {
  if (refusal === undefined) return true
  reportCrossSite(refusal)
  return false
}

function factsOf(request: IncomingMessage, proxy: boolean): OriginFacts {
  const { method, headers } = request
  return {
    method,
    host:
      (proxy ? forwarded(request, 'x-forwarded-host') : undefined) ?? headers[':authority'] ?? headers.host,
    isSecure: isKnownSecure(request, proxy) ? true : undefined,
    secFetchSite: headers['sec-fetch-site'],
    secFetchMode: headers['sec-fetch-mode'],
    secFetchDest: headers['sec-fetch-dest'],
    origin: headers.origin,
  }
}

/**
 * Whether the visitor's connection is known to be secure. An insecure one is never known: in front of a plain
 * socket, and of an Express that has not been told of it, a proxy may have ended TLS.
 */
function isKnownSecure(request: NodeRequest, proxy: boolean): boolean {
  const { socket, secure } = request
  if (socket && 'encrypted' in socket && socket.encrypted === true) return true
  return secure === true || (proxy && forwarded(request, 'x-forwarded-proto') === 'https')
}
