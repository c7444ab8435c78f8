import type { Cookie } from '../cookies/cookie.ts'

/**
 * What an application keeps in its sessions. Say it once, and `req.session` knows it everywhere:
 *
 * @example
 * declare module 'sojourn' {
 *   interface SessionData {
 *     views: number
 *   }
 * }
 */
export interface SessionData {
  /** How long the browser keeps the cookie. It is there before the application has stored anything. */
  cookie: Cookie
}
