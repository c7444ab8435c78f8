import type { CookieContext } from '../cookies/cookie-policy.ts'
import type { Secret } from '../keys/secret.ts'
import { SojournError } from '../report/errors.ts'
import type { Session } from '../session/session.ts'
import { addressOf, type Connection, isSecure } from './connection.ts'

/** The parts of a request that the core needs, the same for all frameworks. */
export interface Carrier extends CookieContext {
  /** The `Cookie` header, unchanged. A list is joined; any other value that is no string counts as none. */
  readonly cookieHeader: unknown
  /** The cookie of this name from a cookie parser. Called only if the header does not have it. */
  parsedCookie?(name: string): ParsedCookie | undefined
  /** The request's own secret, used if none is configured. */
  readonly secret?: Secret | undefined
  /** The `User-Agent` header. The core reads and stores it only for signed-in visitors. */
  readonly userAgent?: string | undefined
  /** The visitor's address. The core reads and stores it only for signed-in visitors. */
  readonly address?: string | undefined
  /** The `Sec-Purpose` header, unchanged. A prefetch does not count as activity. */
  readonly purpose?: unknown
  /** Whether the request is passive, such as a poll: it then does not count as activity. */
  readonly isPassive?: boolean | undefined
  /** Called when the request's session becomes another one, or none. */
  show?(session: Session | undefined): void
}

/**
 * Makes the carrier of a request from its headers. `proxy` says what to trust about the connection: true trusts a proxy's
 * headers, false only this server, undefined the framework.
 */
export function carrierOf(request: unknown, connection: Connection, proxy?: boolean): Carrier {
  if (typeof Object(connection).header !== 'function')
    throw new SojournError(
      'OPTION_INVALID',
      'Expected `carrierOf(request, connection)` with a connection that answers headers, such as `{ isEncrypted: true, header: name => request.headers.get(name) }`.',
    )
  return {
    request,
    cookieHeader: connection.header('cookie'),
    isSecure: isSecure(connection, proxy),
    purpose: connection.header('sec-purpose'),
    get userAgent(): string | undefined {
      const agent = connection.header('user-agent')
      return typeof agent === 'string' ? agent : undefined
    },
    get address(): string | undefined {
      return addressOf(connection, proxy)
    },
  }
}

/** A cookie from a cookie parser: still signed, or with its signature verified and removed. */
export interface ParsedCookie {
  readonly value: string
  readonly isVerified: boolean
}
