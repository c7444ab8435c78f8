import { reportCrossSite } from '../cross-site/refusal.ts'
import {
  type OriginFacts,
  OriginPolicy,
  type OriginRefusal,
  type OriginRules,
} from '../cross-site/same-origin.ts'
import { checkEach, isSwitch, type OptionCheck } from '../report/option-check.ts'
import { forwarded, isSecure } from '../visit/connection.ts'
import { type GuardedRequest, type Refusal, refusalFor } from './guard.ts'

/** The options of `sameOrigin`. */
export interface SameOriginOptions extends OriginRules {
  /**
   * Trusts `X-Forwarded-Host` and `X-Forwarded-Proto`. It weakens security unless your proxy sets both and overwrites
   * those of the client.
   *
   * @default false
   */
  readonly proxy?: boolean | undefined
}

const checks: { readonly [option in keyof Required<SameOriginOptions>]: OptionCheck } = {
  // The policy checks each origin, and its error names the wrong one.
  trusted: { expected: 'an array of whole origins', accepts: () => true },
  strict: isSwitch,
  proxy: isSwitch,
}

/** The parts of a request that the guard needs. It uses no session. */
type SentRequest = Omit<GuardedRequest, 'visit' | 'sessions'>

/** Refuses cross-site requests: requests that another site has made a visitor's browser send. */
export interface SameOriginGuard {
  (request: SentRequest): Refusal | undefined
  /** The same for a request that is not safe even if its method is, such as the GET that opens a WebSocket. */
  readonly upgrade: (request: SentRequest) => Refusal | undefined
}

/** Makes the guard that refuses cross-site requests. */
export function sameOriginGuard(options: SameOriginOptions = {}): SameOriginGuard {
  checkEach(options, checks)
  const { proxy = false, ...rules } = options
  const policy = new OriginPolicy(rules)
  const guard = (request: SentRequest): Refusal | undefined => refuse(policy.refusal(factsOf(request, proxy)))
  return Object.assign(guard, {
    upgrade: (request: SentRequest) => refuse(policy.upgradeRefusal(factsOf(request, proxy))),
  })
}

function refuse(reason: OriginRefusal | undefined): Refusal | undefined {
  return reason && refusalFor(reportCrossSite(reason))
}

function factsOf(request: SentRequest, proxy: boolean): OriginFacts {
  const host = (proxy ? forwarded(request, 'x-forwarded-host') : undefined) ?? request.header(':authority')
  // A plain connection does not prove an insecure one: a proxy in front of it may have ended TLS.
  const isKnownSecure = isSecure(request, undefined) || (proxy && isSecure(request, true))
  return {
    method: request.method,
    host: host ?? request.header('host'),
    isSecure: isKnownSecure || undefined,
    secFetchSite: request.header('sec-fetch-site'),
    secFetchMode: request.header('sec-fetch-mode'),
    secFetchDest: request.header('sec-fetch-dest'),
    origin: request.header('origin'),
  }
}
