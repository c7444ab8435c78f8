import type { Look, Stage } from './look.ts'
import type { NodeResponse } from './messages.ts'

/**
 * How a response over HTTP/1 looks. Node concludes all of it from few properties of the response itself, and
 * so do the middlewares that come between, `compression` among them.
 */
const names = {
  head: ['_header', 'statusCode', 'statusMessage'],
  end: ['_header', 'statusCode', 'statusMessage', 'finished'],
}

const ended: PropertyDescriptor = { configurable: true, get: () => true }
const unfinished: PropertyDescriptor = { configurable: true, get: () => false }

/** Gives a response the values of another one for a while. Nothing else of it changes, so this is cheap. */
export class AssignedLook implements Look {
  readonly #response: NodeResponse
  readonly #kept = new Map<string, unknown>()

  constructor(response: NodeResponse) {
    this.#response = response
  }

  take(model: NodeResponse, stage: Stage): void {
    if (stage === 'end' && this.#isStreaming) this.#endStream()
    else this.#assign(model, stage)
  }

  drop(): void {
    Reflect.deleteProperty(this.#response, 'writableEnded')
    Reflect.deleteProperty(this.#response, 'writableFinished')
    for (const [name, value] of this.#kept) Reflect.set(this.#response, name, value)
    this.#kept.clear()
  }

  /** Whether the head has really left. */
  get #isStreaming(): boolean {
    return this.#response.headersSent && !this.#kept.has('_header')
  }

  // A middleware in front of Node, such as `compression`, may still be writing what it was given before the
  // end, and Node would refuse it for `finished`.
  #endStream(): void {
    Object.defineProperty(this.#response, 'writableEnded', ended)
  }

  #assign(model: NodeResponse, stage: Stage): void {
    const response = this.#response
    for (const name of names[stage]) {
      if (this.#kept.has(name)) continue
      this.#kept.set(name, Reflect.get(response, name))
      Reflect.set(response, name, Reflect.get(model, name))
    }
    // Else Node concludes from the others that everything has left, and whoever pipes into it goes on.
    if (stage === 'end') Object.defineProperty(response, 'writableFinished', unfinished)
  }
}
