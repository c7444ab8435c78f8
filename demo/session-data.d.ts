import 'sojourn'

declare module 'sojourn' {
  interface SessionData {
    /** How often the visitor has looked at the shelf. */
    views: number
    /** When a guest's session began. Who is signed in has `authenticatedAt` for it. */
    since: number
    /** How many of which good, by the good's id. */
    cart: Readonly<Record<string, number>>
    /** The customer's name as they write it. Whether they are signed in is `subject`. */
    user: string
    /** Said once, on the next page. */
    notice: string
  }
}
