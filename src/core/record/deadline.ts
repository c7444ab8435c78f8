import { SojournError } from '../report/errors.ts'
import type { Clock } from '../time/clock.ts'
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
  | 'give a lease'
  | 'check a lease'
  | 'end a lease'
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

/** Waits for an answer until the limit is over, and then for no longer: what is late fails with an error. */
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

/** What one operation waits for, on one timer. That runs while the operation is under way, or something waits. */
interface Operation {
  readonly waiting: Set<() => void>
  cancel?: () => void
  isOver?: boolean
  hasEnded?: boolean
}

/**
 * How long may be waited, by the clock of the manager: once for all that one operation of a request waits for, and for
 * each call anew where none is under way. The span begins when the operation first has to wait.
 */
export class Limit {
  readonly spanMs: number
  readonly #clock: Clock
  #underWay: Operation | undefined

  constructor({ clock, spanMs }: Deadline) {
    this.#clock = clock
    this.spanMs = spanMs
  }

  /** Calls back when it has lasted for too long. Answers what is called when the wait is over. */
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

  /** Runs an operation. Those of one request run one after the other. */
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

/** One call of a store, as the store may ask about it. */
interface Caller {
  /** True once the deadline is over, so that nobody waits for the answer any more. */
  hasGivenUp: boolean
}

/** For whom a store is working in this very step. Undefined where the store was asked without `askStore`. */
let present: Caller | undefined

/**
 * Answers how a store goes on with a call after it has waited for something: each step that it runs so throws once the
 * deadline of the call is over, so that the store sends nothing that nobody waits for. A verb of several steps
 * takes it before its first `await`.
 *
 * @example
 * const goOn = sameCall()
 * await connection
 * return await goOn(() => send(command))
 */
export function sameCall(): <Answer>(step: () => Answer) => Answer {
  const caller = present
  return step => {
    if (caller?.hasGivenUp === true)
      throw new Error('The deadline of the call is over, so that nothing is sent.')
    return runFor(caller, step)
  }
}

/** Runs a step, in which `sameCall` knows whose it is. */
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
