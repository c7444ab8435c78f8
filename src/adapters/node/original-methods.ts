import type { NodeResponse } from './messages.ts'

export type Arguments = readonly unknown[]
type Method = (...args: Arguments) => unknown

/** The methods by which a response leaves. Not every response has all of them. */
export interface Methods {
  end?: Method | undefined
  write?: Method | undefined
  writeHead?: Method | undefined
  flushHeaders?: Method | undefined
  /** What Node's own methods call where nobody has written a head. So does older software, such as compression 1.7. */
  _implicitHeader?: Method | undefined
}

/** The methods of a response as they were before: Node's own, or those of an earlier patch. */
export class OriginalMethods {
  /** True inside a call, whose own calls of the other methods are not the application's. */
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
