import type { Cookie } from '../cookies/cookie.ts'

/**
 * The part of `SessionData` that the CommonJS types augment. For the compiler, `require` and `import` load different
 * modules, and it would ignore one of two augmentations of the same interface.
 */
export interface CommonJsSessionData {
  /** The session's cookie, which exists in every session. */
  cookie: Cookie
}

/**
 * The type of the data in a session. Augment it once, and `req.session` has it everywhere:
 *
 * @example
 * declare module 'sojourn' {
 *   interface SessionData {
 *     views: number
 *   }
 * }
 */
export interface SessionData extends CommonJsSessionData {}
