import { SojournError } from '../report/errors.ts'
import type { Clock } from '../time/clock.ts'
import { attempt, isPromised, lastly } from './maybe-promise.ts'
import type { MaybePromise } from './store.ts'

/** The operations of a store, as error messages name them. */
export type StoreVerb =
  | 'create'
  | 'load'
  | 'replace'
  | 'touch'
  | 'delete'
  | 'list the sessions of a subject'
  | 'read the epoch of a subject'
  | 'raise the epoch of a subject'
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

/** A call of a store: the store's name, the operation, and the limit of its time. */
export interface StoreCall {
  readonly store: string
  readonly verb: StoreVerb
  readonly limit: Limit
}

/**
 * Calls a store. A throw, a rejection or a timeout becomes a `SojournError` that names the store and the operation. An
 * answer after the deadline is ignored.
 */
export function askStore<Answer>(call: StoreCall, ask: () => MaybePromise<Answer>): MaybePromise<Answer> {
  const caller: Caller = { hasGivenUp: false }
  const answer = attempt(
    () => runFor(caller, ask),
    cause => {
      throw storeFailure(call, cause)
    },
  )
  return within(call.limit, answer, () => {
    caller.hasGivenUp = true
    return lateAnswer(call)
  })
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

  /** Calls `giveUp` when the deadline is over. The caller calls the returned function when its wait has ended. */
  wait(giveUp: () => void): () => void {
    const operation = this.#underWay ?? { waiting: new Set(), hasEnded: true }
    operation.waiting.add(giveUp)
    operation.cancel ??= this.#clock.after(this.spanMs, () => giveAllUp(operation))
    if (operation.isOver) giveAllUp(operation)
    return () => {
      operation.waiting.delete(giveUp)
      tidy(operation)
    }
  }

  /** Runs an operation. The caller runs the operations of one request one after the other. */
  run<Result>(work: () => MaybePromise<Result>): MaybePromise<Result> {
    const operation: Operation = { waiting: new Set() }
    this.#underWay = operation
    return lastly(work, () => {
      operation.hasEnded = true
      tidy(operation)
      if (this.#underWay === operation) this.#underWay = undefined
    })
  }
}

function giveAllUp(operation: Operation): void {
  operation.isOver = true
  for (const giveUp of operation.waiting) giveUp()
  operation.waiting.clear()
}

function tidy({ hasEnded, waiting, cancel }: Operation): void {
  if (hasEnded && waiting.size === 0) cancel?.()
}

/** The caller of a store, for `sameCall`. */
interface Caller {
  /** True once the deadline is over: the caller no longer waits for the answer. */
  hasGivenUp: boolean
}

/** The caller of the step that runs now. Undefined if the store was called without `askStore`. */
let present: Caller | undefined

/**
 * For a store whose method has several asynchronous steps. The method calls this before its first `await`, and runs each
 * later step through the returned function. A step throws once the deadline of the call is over, so that the store
 * sends no command for a caller that no longer waits.
 *
 * @example
 * const goOn = sameCall()
 * await connection
 * return await goOn(() => send(command))
 */
export function sameCall(): <Answer>(step: () => Answer) => Answer {
  const caller = present
  return step => {
    if (caller?.hasGivenUp === true) throw new Error('The deadline of the call is over, so nothing is sent.')
    return runFor(caller, step)
  }
}

/** Runs a step, and lets `sameCall` know its caller. */
function runFor<Answer>(caller: Caller | undefined, step: () => Answer): Answer {
  const outer = present
  present = caller
  try {
    return step()
  } finally {
    present = outer
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
