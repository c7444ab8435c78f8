import type { NodeRequest } from './messages.ts'

/**
 * Whether a browser would send a cookie of this path with this request.
 *
 * @see RFC 6265 section 5.1.4
 */
export function coversPath(cookiePath: string, request: NodeRequest): boolean {
  const { originalUrl, url } = request
  const given: unknown = originalUrl ?? url
  const target = typeof given === 'string' ? given : '/'
  if (cookiePath === '/' && target.startsWith('/')) return true
  return isInside(pathOf(target), cookiePath)
}

/** Whether a path equals the path of a cookie, or lies below it. */
export function isInside(path: string, cookiePath: string): boolean {
  if (!path.startsWith(cookiePath)) return false
  return path.length === cookiePath.length || cookiePath.endsWith('/') || path[cookiePath.length] === '/'
}

/** The path of a request's target. A proxy may send the target as a whole URL. */
function pathOf(target: string): string {
  const path = target.startsWith('/') ? target : target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '')
  return path.split(/[?#]/, 1)[0] || '/'
}
