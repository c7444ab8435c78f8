import { openExchange, SilentSocket } from './exchange.mjs'

/**
 * Sends requests to one app, one at a time, each on a turn of the event loop of its own, as one that a
 * socket brings. The visitors take turns, each with the `Cookie` header that belongs to them.
 */
export class Driver {
  #app
  #cookies
  #socket = new SilentSocket()
  #sent = 0
  #lastHead = ''

  constructor(app, cookies) {
    this.#app = app
    this.#cookies = cookies
  }

  /** Resolves when the last of the responses has left, rejects when one is not an answer with 200. */
  run(count) {
    return new Promise((resolve, reject) => {
      const end = this.#sent + count
      const onFinish = response => {
        this.#lastHead = response._header
        if (response.statusCode !== 200) return reject(unexpectedStatus(response))
        if (this.#sent === end) resolve()
        else setImmediate(sendNext)
      }
      const sendNext = () => this.#send(onFinish)
      setImmediate(sendNext)
    })
  }

  /** How often a visitor has been here. */
  visitsOf(visitor) {
    return Math.ceil((this.#sent - visitor) / this.#cookies.length)
  }

  /** The name and value of the cookie in the last response, taken from the bytes that went out. */
  get lastCookie() {
    return /^set-cookie: ([^;\r]*)/im.exec(this.#lastHead)?.[1]
  }

  #send(onFinish) {
    const cookie = this.#cookies[this.#sent % this.#cookies.length]
    const { request, response } = openExchange(this.#socket, cookie, onFinish)
    this.#sent += 1
    this.#app(request, response)
  }
}

function unexpectedStatus({ statusCode }) {
  return new Error(`Expected an answer with 200, got ${statusCode}.`)
}
