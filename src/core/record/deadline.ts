import { SojournError } from '../report/errors.ts'
import type { Clock } from '../time/clock.ts'
import { attempt, isPromised, lastly } from './maybe-promise.ts'
import type { MaybePromise, StoreCall } from './store.ts'

/** The operations of a store, as error messages name them. */
export type StoreVerb =
  | 'create'
  | 'load'
  | 'replace'
  | 'touch'
  | 'delete'
  | 'list the sessions of a subject'
  | 'read the epoch of a subject'
  | 'exchange the epoch of a subject'
  | 'end sessions of a subject'
  | 'remove expired sessions'
  | 'give a lease'
  | 'check a lease'
  | 'end a lease'
  | 'find what other software keeps under an id'
  | 'take over what other software keeps'
  | 'forget what other software keeps under an id'

/** How long an operation may wait, and by which clock. */
export interface Deadline {
  readonly clock: Clock
  readonly spanMs: number
}

/** What a store is asked, for error messages, and the limit of its time. */
export interface Asking {
  readonly store: string
  readonly verb: StoreVerb
  readonly limit: Limit
}

/**
 * Calls a store. A throw, a rejection or a timeout becomes a `SojournError` that names the store and the operation. An
 * answer after the deadline is ignored.
 */
export function askStore<Answer>(
  asking: Asking,
  ask: (call: StoreCall) => MaybePromise<Answer>,
): MaybePromise<Answer> {
  const call = new LimitedCall(asking.limit)
  const answer = attempt(
    () => ask(call),
    cause => {
      throw storeFailure(asking, cause)
    },
  )
  return within(asking.limit, answer, () => {
    const error = lateAnswer(asking)
    call.end(error)
    return error
  })
}

/** A call that ends with the limit. It makes its signal only if the store looks at it. */
class LimitedCall implements StoreCall {
  readonly #limit: Limit
  #controller: AbortController | undefined
  #reason: unknown

  constructor(limit: Limit) {
    this.#limit = limit
  }

  get deadline(): number {
    return this.#limit.endsAt
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    return this.#controller.signal
  }

  throwIfOver(): void {
    if (this.#reason !== undefined) throw this.#reason
  }

  end(reason: unknown): void {
    this.#reason = reason
    this.#controller?.abort(reason)
  }
}

/** Waits for an answer until the limit is over. Then it rejects with the error that `late` makes. */
export function within<Answer>(
  limit: Limit,
  answer: MaybePromise<Answer>,
  late: () => unknown,
): MaybePromise<Answer> {
  if (!isPromised(answer)) return answer
  return new Promise((resolve, reject) => {
    const leave = limit.wait(() => reject(late()))
    Promise.resolve(answer).then(resolve, reject).finally(leave)
  })
}

/** The waits of one operation, which share one timer. It runs while the operation runs, or something waits. */
interface Operation {
  readonly waiting: Set<() => void>
  /** When its deadline is over; undefined until something waits, or asks for it. */
  endsAt?: number
  cancel?: () => void
  isOver?: boolean
  hasEnded?: boolean
}

/**
 * The deadline of a request's operations. All waits of one operation share one deadline, which begins with the first of
 * them. Outside of an operation, each wait has a deadline of its own.
 */
export class Limit {
  readonly spanMs: number
  readonly #clock: Clock
  #underWay: Operation | undefined

  constructor({ clock, spanMs }: Deadline) {
    this.#clock = clock
    this.spanMs = spanMs
  }

  /** When the present operation ends, in milliseconds since 1970. */
  get endsAt(): number {
    return this.#endOf(this.#underWay ?? newOperation())
  }

  /** Calls `giveUp` when the deadline is over. The caller calls the returned function when its wait has ended. */
  wait(giveUp: () => void): () => void {
    const operation = this.#underWay ?? newOperation({ hasEnded: true })
    operation.waiting.add(giveUp)
    operation.cancel ??= this.#clock.after(this.#endOf(operation) - this.#clock.now(), () =>
      giveAllUp(operation),
    )
    if (operation.isOver) giveAllUp(operation)
    return () => {
      operation.waiting.delete(giveUp)
      tidy(operation)
    }
  }

  /** Runs an operation. The caller runs the operations of one request one after the other. */
  run<Result>(work: () => MaybePromise<Result>): MaybePromise<Result> {
    const operation = newOperation()
    this.#underWay = operation
    return lastly(work, () => {
      operation.hasEnded = true
      tidy(operation)
      if (this.#underWay === operation) this.#underWay = undefined
    })
  }

  #endOf(operation: Operation): number {
    operation.endsAt ??= this.#clock.now() + this.spanMs
    return operation.endsAt
  }
}

function newOperation(state: Partial<Operation> = {}): Operation {
  return { waiting: new Set(), ...state }
}

function giveAllUp(operation: Operation): void {
  operation.isOver = true
  for (const giveUp of operation.waiting) giveUp()
  operation.waiting.clear()
}

function tidy({ hasEnded, waiting, cancel }: Operation): void {
  if (hasEnded && waiting.size === 0) cancel?.()
}

function storeFailure({ store, verb }: Asking, cause: unknown): SojournError {
  if (cause instanceof SojournError) return cause
  const message = `Expected the ${store} store to ${taskOf(verb)}, but it failed. See \`cause\`.`
  return new SojournError('STORE_FAILED', message, { cause })
}

function lateAnswer({ store, verb, limit }: Asking): SojournError {
  return new SojournError(
    'STORE_TIMED_OUT',
    `Expected the ${store} store to ${taskOf(verb)} within ${limit.spanMs} ms, but it has not answered. ` +
      'Check that it can be reached, or give `deadline` a longer span.',
  )
}

function taskOf(verb: StoreVerb): string {
  return verb.includes(' ') ? verb : `${verb} a session`
}
