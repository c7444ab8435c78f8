import { describeValue, SojournError } from '../report/errors.ts'
import type { CrossSiteReason } from '../report/events.ts'

/** What a request says of where it comes from. Headers are given as they came, whatever they are. */
export interface OriginFacts {
  readonly method: unknown
  /** `Host`, or `:authority` over HTTP/2. */
  readonly host: unknown
  /** Undefined where nobody knows, such as behind a proxy that may have ended TLS: then schemes are not compared. */
  readonly isSecure: boolean | undefined
  readonly secFetchSite: unknown
  readonly secFetchMode: unknown
  readonly secFetchDest: unknown
  readonly origin: unknown
}

/** Whom to let in besides the site itself, and what to look at. */
export interface OriginRules {
  /** Whole origins, such as 'https://pay.example', that may send anything here. @default [] */
  readonly trusted?: readonly string[] | undefined
  /** Refuses what other sites load with safe methods too, other than by navigating to it. @default false */
  readonly strict?: boolean | undefined
}

/** The header that told a request to be another site's. */
export type OriginRefusal = Exclude<CrossSiteReason, 'token'>

// TRACE is safe by its definition too, but it answers with what it was sent, cookies included.
const safeMethods: ReadonlySet<unknown> = new Set(['GET', 'HEAD', 'OPTIONS', 'QUERY'])

/** Whether a method promises to change nothing. Methods are compared exactly, as HTTP does. */
export function isSafeMethod(method: unknown): boolean {
  return safeMethods.has(method)
}

/**
 * Decides whether a request was made by the site itself, by a site that it trusts, or by no browser at all. Any
 * text in any header has an answer; a header that is not text is refused.
 *
 * A sibling domain (`same-site`) is another site here, because whoever takes it over would be let in. An empty
 * header counts as absent: no browser sends one.
 */
export class OriginPolicy {
  readonly #trusted: ReadonlySet<unknown>
  readonly #isStrict: boolean

  /** @throws SojournError `OPTION_INVALID` for a trusted origin that no browser would send. */
  constructor({ trusted = [], strict = false }: OriginRules = {}) {
    checkTrusted(trusted)
    this.#trusted = new Set(trusted)
    this.#isStrict = strict
  }

  /** What tells a request to be another site's; undefined for one that is let through. */
  refusal(facts: OriginFacts): OriginRefusal | undefined {
    if (isSafeMethod(facts.method) && (!this.#isStrict || isNavigation(facts))) return undefined
    return this.upgradeRefusal(facts)
  }

  /** The same for a request whose method excuses nothing, such as the GET that opens a WebSocket. */
  upgradeRefusal(facts: OriginFacts): OriginRefusal | undefined {
    const { secFetchSite, origin } = facts
    if (secFetchSite === 'same-origin' || secFetchSite === 'none') return undefined
    if (this.#trusted.has(origin)) return undefined
    if (isPresent(secFetchSite)) return 'sec-fetch-site'
    return isPresent(origin) && !isOwnOrigin(facts) ? 'origin' : undefined
  }
}

function isPresent(header: unknown): boolean {
  return header !== undefined && header !== ''
}

/** Whether a person goes to the page, so that it is not loaded into a page of somebody else's. */
function isNavigation({ secFetchMode, secFetchDest }: OriginFacts): boolean {
  return secFetchMode === 'navigate' && (!isPresent(secFetchDest) || secFetchDest === 'document')
}

// Only an origin's own shape gets to the URL parser. The parser would drop a path or a user's name, decode what
// is percent-encoded, and find the same origin, 'null', for every scheme that it does not know. No host is longer.
const originShape = /^(https?:)\/\/(?:[a-z0-9._-]{1,255}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?$/i

function isOwnOrigin({ origin, host, isSecure }: OriginFacts): boolean {
  if (typeof origin !== 'string' || typeof host !== 'string') return false
  const own = isSecure ? 'https:' : 'http:'
  const scheme = isSecure === undefined ? originShape.exec(origin)?.[1] : own
  const sender = normalize(origin)
  return sender !== undefined && sender === normalize(`${scheme}//${host}`)
}

/** An origin as browsers write it: lower case, without a default port. Undefined for what is none. */
function normalize(origin: string): string | undefined {
  return originShape.test(origin) && URL.canParse(origin) ? new URL(origin).origin : undefined
}

function checkTrusted(trusted: unknown): void {
  if (!Array.isArray(trusted)) throw notTrusted(describeValue(trusted))
  for (const origin of trusted) {
    // A wildcard is a host name to the parser, but to nobody else. No browser sends one.
    if (typeof origin !== 'string' || normalize(origin) !== origin)
      throw notTrusted(`${describeValue(origin)} in it`)
  }
}

function notTrusted(got: string): SojournError {
  return new SojournError(
    'OPTION_INVALID',
    `Expected \`trusted\` to be an array of whole origins such as 'https://pay.example', got ${got}. Write the scheme and the host in lower case, a port only where it is not the default one, and nothing else.`,
  )
}
