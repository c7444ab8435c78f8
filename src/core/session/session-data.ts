import type { Cookie } from '../cookies/cookie.ts'

/**
 * What CommonJS adds to. A compiler keeps what `require` and what `import` sees apart, and would forget one of two
 * additions to the same interface.
 */
export interface CommonJsSessionData {
  /** How long the browser keeps the cookie. It is there before the application has stored anything. */
  cookie: Cookie
}

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
export interface SessionData extends CommonJsSessionData {}
