import { addCookie, forgetBody, type HeadArguments } from './head.ts'
import type { NodeResponse } from './messages.ts'
import type { OriginalMethods } from './original-methods.ts'

/** The head of a response that is held: what the application has written of it, and the session's cookie. */
export class KeptHead {
  /** What the application has given to `writeHead`, while it has not left. */
  given: HeadArguments | undefined
  /** What every head that leaves says. */
  #setCookie: string | undefined
  readonly #response: NodeResponse
  readonly #originals: OriginalMethods

  constructor(response: NodeResponse, originals: OriginalMethods) {
    this.#response = response
    this.#originals = originals
  }

  /** Lets go what was given, and otherwise puts the cookie among the headers that are set. */
  send(setCookie: string | undefined): void {
    const { given } = this
    this.given = undefined
    this.#setCookie = setCookie
    if (given === undefined) this.#withCookie([])
    else this.pass(given)
  }

  // A patch that comes later may set cookies of its own at the very last moment, in place of ours.
  pass(head: HeadArguments): unknown {
    return this.#originals.call('writeHead', this.#withCookie(head))
  }

  /** Makes room for the answer of an error handler, which has this cookie or none. */
  beginAnew(setCookie: string | undefined): void {
    this.given = undefined
    this.#setCookie = setCookie
    forgetBody(this.#response)
  }

  #withCookie(head: HeadArguments): HeadArguments {
    const setCookie = this.#setCookie
    if (setCookie === undefined || this.#response.headersSent) return head
    return addCookie(this.#response, head, setCookie)
  }
}
