import 'sojourn'

declare module 'sojourn' {
  interface SessionData {
    /** How many pages the visitor has seen. */
    views: number
    /** The name under which the visitor is signed in. */
    user: string
  }
}
