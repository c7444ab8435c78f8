import type { Clock } from './clock.ts'
import { SojournError } from './errors.ts'
import { attempt, isPromised, lastly } from './maybe-promise.ts'
import type { MaybePromise } from './store.ts'

/** What a store is asked for, as errors name it. */
export type StoreVerb =
  | 'create'
  | 'load'
  | 'replace'
  | 'touch'
  | 'delete'
  | 'list the sessions of a subject'
  | 'read the epoch of a subject'
  | 'raise the epoch of a subject'
  | 'find what other software keeps under an id'
  | 'take over what other software keeps'
  | 'forget what other software keeps under an id'

/** How long an operation may wait, by which clock. */
export interface Deadline {
  readonly clock: Clock
  readonly spanMs: number
}

/** One call of a store: which store, which verb, and what limits how long it may take. */
export interface StoreCall {
  readonly store: string
  readonly verb: StoreVerb
  readonly limit: Limit
}

/**
 * Asks a store, and turns whatever goes wrong into one `SojournError` that names the store and the verb:
 * a throw, a rejection, or no answer before the deadline. An answer that comes later is ignored.
 */
export function askStore<Answer>(call: StoreCall, ask: () => MaybePromise<Answer>): MaybePromise<Answer> {
  const answer = attempt(ask, cause => {
    throw storeFailure(call, cause)
  })
  return within(call.limit, answer, () => lateAnswer(call))
}

/** Waits for an answer until the limit is over, and then for no longer: what is late fails with an error. */
export function within<Answer>(
  limit: Limit,
  answer: MaybePromise<Answer>,
  late: () => SojournError,
): MaybePromise<Answer> {
  if (!isPromised(answer)) return answer
  return new Promise((resolve, reject) => {
    const leave = limit.wait(() => reject(late()))
    Promise.resolve(answer).then(resolve, reject).finally(leave)
  })
}

/**
 * How long may be waited, by the clock of the manager: once for all that one operation of a request waits for, and for
 * each call anew where none is under way. The span begins when the operation first has to wait.
 */
export class Limit {
  readonly spanMs: number
  readonly #clock: Clock
  #operation: Operation | undefined

  constructor({ clock, spanMs }: Deadline) {
    this.#clock = clock
    this.spanMs = spanMs
  }

  /** Calls back when it has lasted for too long. Answers what is called when the wait is over. */
  wait(giveUp: () => void): () => void {
    if (this.#operation === undefined) return this.#clock.after(this.spanMs, giveUp)
    return this.#operation.wait(giveUp)
  }

  /** Runs an operation. Those of one request run one after the other. */
  run<Result>(work: () => MaybePromise<Result>): MaybePromise<Result> {
    const operation = new Operation(onOver => this.#clock.after(this.spanMs, onOver))
    this.#operation = operation
    return lastly(work, () => {
      operation.end()
      if (this.#operation === operation) this.#operation = undefined
    })
  }
}

/** What one operation waits for. Its one timer runs for as long as it is under way, or something waits. */
class Operation {
  readonly #begin: (onOver: () => void) => () => void
  readonly #waiting = new Set<() => void>()
  #cancel: (() => void) | undefined
  #isOver = false
  #hasEnded = false

  constructor(begin: (onOver: () => void) => () => void) {
    this.#begin = begin
  }

  wait(giveUp: () => void): () => void {
    this.#waiting.add(giveUp)
    this.#cancel ??= this.#begin(() => this.#giveUp())
    if (this.#isOver) this.#giveUp()
    return () => {
      this.#waiting.delete(giveUp)
      this.#tidy()
    }
  }

  end(): void {
    this.#hasEnded = true
    this.#tidy()
  }

  #giveUp(): void {
    this.#isOver = true
    for (const giveUp of this.#waiting) giveUp()
    this.#waiting.clear()
  }

  #tidy(): void {
    if (this.#hasEnded && this.#waiting.size === 0) this.#cancel?.()
  }
}

function storeFailure({ store, verb }: StoreCall, cause: unknown): SojournError {
  if (cause instanceof SojournError) return cause
  const message = `Expected the ${store} store to ${taskOf(verb)}, but it failed. See \`cause\`.`
  return new SojournError('STORE_FAILED', message, { cause })
}

function lateAnswer({ store, verb, limit }: StoreCall): SojournError {
  return new SojournError(
    'STORE_TIMED_OUT',
    `Expected the ${store} store to ${taskOf(verb)} within ${limit.spanMs} ms, but it has not answered. ` +
      'Check that it can be reached, or give `deadline` a longer span.',
  )
}

function taskOf(verb: StoreVerb): string {
  return verb.includes(' ') ? verb : `${verb} a session`
}
