import { findCookies } from '../cookies/cookie-header.ts'
import type { CookieSigner, VerifiedId } from '../cookies/cookie-signer.ts'
import type { Engine } from '../engine/engine.ts'
import { publish } from '../report/events.ts'
import type { Carrier } from './carrier.ts'

/** The result of reading the session's cookie: a verified id, an invalid cookie, or no cookie. */
export type Identity = VerifiedId | 'tampered' | 'none'

/** Reads the session's cookie. It never throws for anything that a visitor sends. */
export function identify(engine: Engine, carrier: Carrier, signer: CookieSigner): Identity {
  const { name } = engine.cookies
  // An empty cookie counts as none: some clients delete a cookie this way.
  const values = findCookies(headerText(carrier.cookieHeader), name).filter(value => value !== '')
  if (values.length === 0) return identifyParsed(engine, carrier, signer)
  if (values.length > 1 && engine.policy.duplicates === 'reject') return refuse('duplicate')
  for (const value of values) {
    const verified = signer.read(value)
    if (verified !== undefined) return verified
  }
  return refuse('signature')
}

function identifyParsed(engine: Engine, carrier: Carrier, signer: CookieSigner): Identity {
  const parsed = carrier.parsedCookie?.(engine.cookies.name)
  if (parsed === undefined) return 'none'
  if (parsed.isVerified && engine.policy.ring !== undefined) return refuse('signature')
  if (parsed.isVerified) return { id: parsed.value, isNewestSecret: true }
  return signer.verify(parsed.value) ?? refuse('signature')
}

function refuse(reason: 'duplicate' | 'signature'): 'tampered' {
  publish('tampered', () => ({ handle: undefined, reason }))
  return 'tampered'
}

function headerText(header: unknown): string {
  if (typeof header === 'string') return header
  return Array.isArray(header) ? header.filter(line => typeof line === 'string').join('; ') : ''
}
