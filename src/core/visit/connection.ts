/** The connection of a request, and its headers. */
export interface Connection {
  /** Whether TLS ends at this server. */
  readonly isEncrypted: boolean
  /** Whether the framework, which knows the trusted proxies, considers the connection secure. */
  readonly isSecure?: boolean | undefined
  /** The visitor's address, from a framework that knows the trusted proxies, or else from the socket. */
  readonly address?: string | undefined
  /** Returns a header, unchanged. The name is in lower case. */
  header(name: string): unknown
}

type ForwardedName = 'x-forwarded-for' | 'x-forwarded-host' | 'x-forwarded-proto'

/**
 * Returns the first entry of a header that proxies extend with commas, in lower case: the one of the outermost proxy.
 * Undefined if there is none.
 */
export function forwarded(connection: Pick<Connection, 'header'>, name: ForwardedName): string | undefined {
  const value = connection.header(name)
  if (typeof value !== 'string') return undefined
  return value.split(',', 1)[0]?.trim().toLowerCase() || undefined
}

/** Whether the connection is secure. `proxy` says what to trust, as in `carrierOf`. */
export function isSecure(connection: Connection, proxy: boolean | undefined): boolean {
  if (connection.isEncrypted) return true
  if (proxy === true) return forwarded(connection, 'x-forwarded-proto') === 'https'
  return proxy !== false && connection.isSecure === true
}

/** The visitor's address, if it is known. */
export function addressOf(connection: Connection, proxy: boolean | undefined): string | undefined {
  const said = proxy === true ? forwarded(connection, 'x-forwarded-for') : undefined
  return said ?? connection.address
}
