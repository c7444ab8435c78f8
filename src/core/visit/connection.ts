/** How a request has come to the server. */
export interface Connection {
  /** Whether TLS ends at this server. */
  readonly isEncrypted: boolean
  /** Whether a framework that knows its proxies calls the connection secure. */
  readonly isSecure?: boolean | undefined
  /** The other end of the connection, or what a framework that knows its proxies says. */
  readonly address?: string | undefined
  /** Answers a header as it came. The name is in lower case. */
  header(name: string): unknown
}

type ForwardedName = 'x-forwarded-for' | 'x-forwarded-host' | 'x-forwarded-proto'

/**
 * Answers what the outermost proxy has written into a header to which each proxy adds behind a comma, in lower case;
 * undefined where there is nothing.
 */
export function forwarded(connection: Pick<Connection, 'header'>, name: ForwardedName): string | undefined {
  const value = connection.header(name)
  if (typeof value !== 'string') return undefined
  return value.split(',', 1)[0]?.trim().toLowerCase() || undefined
}

/** Whether a request came over a secure connection: as a proxy's header says, or only the server, or the framework. */
export function isSecure(connection: Connection, proxy: boolean | undefined): boolean {
  if (connection.isEncrypted) return true
  if (proxy === true) return forwarded(connection, 'x-forwarded-proto') === 'https'
  return proxy !== false && connection.isSecure === true
}

/** The visitor's address, as far as anybody knows it. */
export function addressOf(connection: Connection, proxy: boolean | undefined): string | undefined {
  const said = proxy === true ? forwarded(connection, 'x-forwarded-for') : undefined
  return said ?? connection.address
}
