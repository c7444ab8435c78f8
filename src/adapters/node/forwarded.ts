import type { NodeRequest } from './messages.ts'

/**
 * The value of a header in which each proxy adds its own behind a comma: the first, which the outermost proxy has
 * written, in lower case. Undefined where there is none.
 */
export function forwarded(
  { headers }: Partial<NodeRequest>,
  name: 'x-forwarded-host' | 'x-forwarded-proto',
): string | undefined {
  const value = headers?.[name]
  if (typeof value !== 'string') return undefined
  return value.split(',', 1)[0]?.trim().toLowerCase() || undefined
}

/** Whether a request came over a secure connection, as far as the option `proxy` says whom to believe. */
export function isSecure(request: NodeRequest, proxy: boolean | undefined): boolean {
  if (request.socket && 'encrypted' in request.socket && request.socket.encrypted) return true
  if (proxy === false) return false
  if (proxy !== true) return request.secure === true
  return forwarded(request, 'x-forwarded-proto') === 'https'
}
