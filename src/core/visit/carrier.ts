import type { CookieContext } from '../cookies/cookie-policy.ts'
import type { Secret } from '../keys/secret.ts'
import { SojournError } from '../report/errors.ts'
import type { Session } from '../session/session.ts'
import { addressOf, type Connection, isSecure } from './connection.ts'

/** The little that the core needs of a request, whatever the framework. */
export interface Carrier extends CookieContext {
  /** The `Cookie` header as it came. Anything but text counts as none, except a list, which is joined. */
  readonly cookieHeader: unknown
  /** What a cookie parser that ran before has found under the name, where the header no longer tells. */
  parsedCookie?(name: string): ParsedCookie | undefined
  /** The request's own secret, used where none is configured. */
  readonly secret?: Secret | undefined
  /** What the visitor's browser calls itself, asked for only when somebody signs in or is signed in. */
  readonly userAgent?: string | undefined
  /** The visitor's address, asked for at the same moments. */
  readonly address?: string | undefined
  /** The `Sec-Purpose` header as it came. A page that the browser loads on suspicion is no sign of life. */
  readonly purpose?: unknown
  /** Says that the request is no sign of life, such as a poll: it prolongs no session. */
  readonly isPassive?: boolean | undefined
  /** Called when the request's session becomes another one, or none. */
  show?(session: Session | undefined): void
}

/**
 * Makes the carrier of a request from its headers. `proxy` tells whom to believe about the connection: a proxy's headers,
 * only the server, or (undefined) the framework.
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

/** A cookie as a parser has left it: with its signature, or already verified and taken off. */
export interface ParsedCookie {
  readonly value: string
  readonly isVerified: boolean
}
