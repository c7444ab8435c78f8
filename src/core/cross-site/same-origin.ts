import { describeValue, SojournError } from '../report/errors.ts'
import type { CrossSiteReason } from '../report/events.ts'

/** The facts about a request that tell its origin. Headers are unchanged, and may be of any type. */
export interface OriginFacts {
  readonly method: unknown
  /** `Host`, or `:authority` over HTTP/2. */
  readonly host: unknown
  /** Undefined if unknown, such as behind a proxy that may have ended TLS. Schemes are then not compared. */
  readonly isSecure: boolean | undefined
  readonly secFetchSite: unknown
  readonly secFetchMode: unknown
  readonly secFetchDest: unknown
  readonly origin: unknown
}

/** The origins to let through besides the site itself, and how strict to be. */
export interface OriginRules {
  /** Origins that may send any request, such as 'https://pay.example'. @default [] */
  readonly trusted?: readonly string[] | undefined
  /** Also refuses cross-site requests with safe methods, except navigations. @default false */
  readonly strict?: boolean | undefined
}

/** The header because of which a request was refused. */
export type OriginRefusal = Exclude<CrossSiteReason, 'token'>

// TRACE is a safe method too, but its response contains the request, with its cookies.
const safeMethods: ReadonlySet<unknown> = new Set(['GET', 'HEAD', 'OPTIONS', 'QUERY'])

/** Whether a method is safe: by definition, its requests change nothing. HTTP methods are case-sensitive. */
export function isSafeMethod(method: unknown): boolean {
  return safeMethods.has(method)
}

/**
 * Lets a request through if it comes from the site itself, from a trusted origin, or from no browser. It works for any
 * text in any header, and refuses a header that is no text.
 *
 * A sibling domain (`same-site`) counts as another site, because an attacker may have taken it over. An empty header
 * counts as absent: no browser sends one.
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

  /** The reason to refuse a request; undefined to let it through. */
  refusal(facts: OriginFacts): OriginRefusal | undefined {
    if (isSafeMethod(facts.method) && (!this.#isStrict || isNavigation(facts))) return undefined
    return this.upgradeRefusal(facts)
  }

  /** The same for a request that is not safe even if its method is, such as the GET that opens a WebSocket. */
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

/** Whether the browser navigates to the page, and does not load it into a page of another site. */
function isNavigation({ secFetchMode, secFetchDest }: OriginFacts): boolean {
  return secFetchMode === 'navigate' && (!isPresent(secFetchDest) || secFetchDest === 'document')
}

// Checked before the URL parser, which would drop a path or a user name, decode percent-encoding, and return the origin
// 'null' for every scheme that it does not know. No host is longer than this allows.
const originShape = /^(https?:)\/\/(?:[a-z0-9._-]{1,255}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?$/i

function isOwnOrigin({ origin, host, isSecure }: OriginFacts): boolean {
  if (typeof origin !== 'string' || typeof host !== 'string') return false
  const own = isSecure ? 'https:' : 'http:'
  const scheme = isSecure === undefined ? originShape.exec(origin)?.[1] : own
  const sender = normalize(origin)
  return sender !== undefined && sender === normalize(`${scheme}//${host}`)
}

/** Returns an origin as browsers write it: lower case, without a default port. Undefined for any other value. */
function normalize(origin: string): string | undefined {
  return originShape.test(origin) && URL.canParse(origin) ? new URL(origin).origin : undefined
}

function checkTrusted(trusted: unknown): void {
  if (!Array.isArray(trusted)) throw notTrusted(describeValue(trusted))
  for (const origin of trusted) {
    // No wildcards: no browser sends one as an origin.
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
