import { addCookie, forgetBody, type HeadArguments } from './head.ts'
import type { NodeResponse } from './messages.ts'
import type { OriginalMethods } from './original-methods.ts'

/** The head of a held response: the arguments of `writeHead`, and the session's cookie. */
export class KeptHead {
  /** The arguments that the application passed to `writeHead`, until the head leaves. */
  given: HeadArguments | undefined
  /** The session's cookie, for every head that leaves. */
  #setCookie: string | undefined
  readonly #response: NodeResponse
  readonly #originals: OriginalMethods

  constructor(response: NodeResponse, originals: OriginalMethods) {
    this.#response = response
    this.#originals = originals
  }

  /** Writes the head of the application with the cookie. Without one, it sets the cookie as a header. */
  send(setCookie: string | undefined): void {
    const { given } = this
    this.given = undefined
    this.#setCookie = setCookie
    if (given === undefined) this.#withCookie([])
    else this.pass(given)
  }

  // Adds the cookie again, because a patch that was installed later may have replaced the cookies just before.
  pass(head: HeadArguments): unknown {
    return this.#originals.call('writeHead', this.#withCookie(head))
  }

  /** Prepares the head for the response of an error handler, with this cookie or none. */
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
