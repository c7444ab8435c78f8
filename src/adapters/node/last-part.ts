import type { Failure } from '../../core/record/maybe-promise.ts'
import type { MaybePromise } from '../../core/record/store.ts'
import { type HeadArguments, headersIn } from './head.ts'
import type { NodeResponse } from './messages.ts'
import type { Arguments } from './original-methods.ts'

/**
 * The last part of a body whose length the application has declared. With that part the browser has the whole response,
 * even if the application calls `end` later or never. So the part waits until the session is saved.
 */
export class LastPart {
  /** The save that the last part waits for; undefined before it begins, or when it finished at once. */
  storing: MaybePromise<Failure | undefined>
  /** The number of bytes still to come; NaN if no length is declared. */
  #left: number
  readonly #waiting: Arguments[] = []

  constructor(response: NodeResponse, head: HeadArguments = []) {
    const inHead = headersIn(head).find(([name]) => name.toLowerCase() === 'content-length')?.[1]
    this.#left = Number(inHead ?? response.getHeader?.('content-length') ?? Number.NaN)
  }

  get isWaiting(): boolean {
    return this.#waiting.length > 0
  }

  /** Counts a part, and returns whether it completes the body. */
  completes(part: Arguments): boolean {
    this.#left -= lengthOf(part)
    return this.#left <= 0
  }

  wait(part: Arguments): void {
    this.#waiting.push(part)
  }

  /** Removes and returns the waiting parts. */
  take(): readonly Arguments[] {
    return this.#waiting.splice(0)
  }
}

/** Calls the callback among the arguments of a write, if there is one. */
export function callBack(args: Arguments, error?: unknown): void {
  const callback = args.find(argument => typeof argument === 'function')
  if (callback !== undefined) Reflect.apply(callback, undefined, [error])
}

/** The number of bytes of a part; NaN for a value that Node refuses. */
function lengthOf([chunk, encoding]: Arguments): number {
  if (chunk instanceof Uint8Array) return chunk.byteLength
  if (typeof chunk !== 'string') return Number.NaN
  return Buffer.byteLength(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : undefined)
}
