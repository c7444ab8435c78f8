import type { Failure } from '../../core/record/maybe-promise.ts'
import type { MaybePromise } from '../../core/record/store.ts'
import { type HeadArguments, headersIn } from './head.ts'
import type { NodeResponse } from './messages.ts'
import type { Arguments } from './original-methods.ts'

/**
 * The end of a body whose length the application has declared. With the last part the visitor has the whole, even if the
 * application ends the response later or never. So that part waits until the session is stored.
 */
export class LastPart {
  /** How storing the session is going; undefined while nothing has waited for it. */
  storing: MaybePromise<Failure | undefined>
  /** How many bytes are still to come; NaN where no length is declared. */
  #left: number
  readonly #waiting: Arguments[] = []

  constructor(response: NodeResponse, head: HeadArguments = []) {
    const inHead = headersIn(head).find(([name]) => name.toLowerCase() === 'content-length')?.[1]
    this.#left = Number(inHead ?? response.getHeader?.('content-length') ?? Number.NaN)
  }

  /** Whether a part is waiting. */
  get isWaiting(): boolean {
    return this.#waiting.length > 0
  }

  /** Counts a part, and answers whether the visitor has the whole with it. */
  completes(part: Arguments): boolean {
    this.#left -= lengthOf(part)
    return this.#left <= 0
  }

  wait(part: Arguments): void {
    this.#waiting.push(part)
  }

  /** Answers what has waited, to be written now or never. */
  take(): readonly Arguments[] {
    return this.#waiting.splice(0)
  }
}

/** Calls the callback among the arguments of a write, if there is one. */
export function callBack(args: Arguments, error?: unknown): void {
  const callback = args.find(argument => typeof argument === 'function')
  if (callback !== undefined) Reflect.apply(callback, undefined, [error])
}

/** How many bytes a part has; NaN for what Node refuses. */
function lengthOf([chunk, encoding]: Arguments): number {
  if (chunk instanceof Uint8Array) return chunk.byteLength
  if (typeof chunk !== 'string') return Number.NaN
  return Buffer.byteLength(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : undefined)
}
