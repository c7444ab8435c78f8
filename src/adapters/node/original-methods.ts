import type { NodeResponse } from './messages.ts'

export type Arguments = readonly unknown[]
type Method = (...args: Arguments) => unknown

/** The methods by which a response leaves. Not every response has all of them. */
export interface Methods {
  end?: Method | undefined
  write?: Method | undefined
  writeHead?: Method | undefined
  flushHeaders?: Method | undefined
}

/** The methods of a response as they were before: Node's own, or those of an earlier patch. */
export class OriginalMethods {
  /** True inside a call, whose own calls of the other methods are not the application's. */
  isAtWork = false
  readonly #response: NodeResponse
  readonly #methods: Methods

  constructor(response: NodeResponse, { end, write, writeHead, flushHeaders }: Methods) {
    this.#response = response
    this.#methods = { end, write, writeHead, flushHeaders }
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
