import type { NodeResponse } from './messages.ts'

export type Arguments = readonly unknown[]
type Method = (...args: Arguments) => unknown

/** The methods that send a response. Not every response has all of them. */
export interface Methods {
  end?: Method | undefined
  write?: Method | undefined
  writeHead?: Method | undefined
  flushHeaders?: Method | undefined
  /** Node's own methods call this when there is no head yet. Older packages call it too, such as compression 1.7. */
  _implicitHeader?: Method | undefined
}

/** The methods of a response from before this middleware: Node's own, or those of an earlier patch. */
export class OriginalMethods {
  /** True while an original method runs: calls that it makes do not come from the application. */
  isAtWork = false
  readonly #response: NodeResponse
  readonly #methods: Methods

  constructor(response: NodeResponse, methods: Methods) {
    this.#response = response
    this.#methods = methods
  }

  call(name: keyof Methods, args: Arguments): unknown {
    const method = this.#methods[name]
    return method && this.during(() => Reflect.apply(method, this.#response, args))
  }

  during<Answer>(work: () => Answer): Answer {
    const wasAtWork = this.isAtWork
    this.isAtWork = true
    try {
      return work()
    } finally {
      this.isAtWork = wasAtWork
    }
  }
}
