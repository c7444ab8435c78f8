import type { ParsedCookie } from '../../core/visit/carrier.ts'
import type { NodeRequest } from './messages.ts'

/** Finds a cookie where a cookie parser has left it: among those that it has verified, or among the others. */
export function parsedCookie(
  { signedCookies, cookies }: NodeRequest,
  name: string,
): ParsedCookie | undefined {
  const verified = cookieIn(signedCookies, name)
  if (verified !== undefined) return { value: verified, isVerified: true }
  const value = cookieIn(cookies, name)
  return value === undefined ? undefined : { value, isVerified: false }
}

function cookieIn(cookies: unknown, name: string): string | undefined {
  if (typeof cookies !== 'object' || cookies === null || !Object.hasOwn(cookies, name)) return undefined
  const value: unknown = Reflect.get(cookies, name)
  return typeof value === 'string' ? value : undefined
}
