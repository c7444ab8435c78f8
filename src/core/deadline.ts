import type { Clock } from './clock.ts'
import { SojournError } from './errors.ts'
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

/** How long a store may take, by which clock. */
export interface Deadline {
  readonly clock: Clock
  readonly spanMs: number
}

/** One call of a store: which store, which verb, and how long it may take. */
export interface StoreCall {
  readonly store: string
  readonly verb: StoreVerb
  readonly deadline: Deadline
}

/**
 * Asks a store, and turns whatever goes wrong into one `SojournError` that names the store and the verb:
 * a throw, a rejection, or no answer before the deadline. An answer that comes later is ignored.
 */
export function askStore<Answer>(call: StoreCall, ask: () => MaybePromise<Answer>): MaybePromise<Answer> {
  const waiting: Waiting = { isOver: false }
  try {
    const answer = within(waiting, ask)
    return isPromised(answer) ? raced(call, waiting, Promise.resolve(answer)) : answer
  } catch (cause) {
    throw storeFailure(call, cause)
  }
}

/** Whether the caller of a store still waits for its answer. */
interface Waiting {
  isOver: boolean
}

/** For whom the store is working in this very step. Nobody, where the store was asked without `askStore`. */
let present: Waiting | undefined

/**
 * Answers how a store goes on with a call after it has waited for something: the steps that it runs so throw once the
 * caller was told that the deadline is over, and nothing is sent then that nobody waits for. A verb of several steps
 * takes it before its first `await`.
 *
 * @example
 * const goOn = sameCall()
 * await connection
 * return await goOn(() => send(command))
 */
export function sameCall(): <Answer>(step: () => Answer) => Answer {
  const waiting = present
  return step => {
    if (waiting?.isOver === true)
      throw new Error('The deadline of the call is over, so that nothing is sent.')
    return within(waiting, step)
  }
}

/** Runs a step, in which `sameCall` knows for whom it is. */
function within<Answer>(waiting: Waiting | undefined, step: () => Answer): Answer {
  const outer = present
  present = waiting
  try {
    return step()
  } finally {
    present = outer
  }
}

/** Some drivers answer promises of their own making. */
function isPromised<Answer>(answer: MaybePromise<Answer>): answer is Promise<Answer> {
  return (
    typeof answer === 'object' && answer !== null && 'then' in answer && typeof answer.then === 'function'
  )
}

function raced<Answer>(call: StoreCall, waiting: Waiting, answer: Promise<Answer>): Promise<Answer> {
  const { clock, spanMs } = call.deadline
  return new Promise((resolve, reject) => {
    const cancel = clock.after(spanMs, () => {
      waiting.isOver = true
      reject(lateAnswer(call))
    })
    answer.then(resolve, cause => reject(storeFailure(call, cause))).finally(cancel)
  })
}

function storeFailure({ store, verb }: StoreCall, cause: unknown): SojournError {
  if (cause instanceof SojournError) return cause
  const message = `Expected the ${store} store to ${taskOf(verb)}, but it failed. See \`cause\`.`
  return new SojournError('STORE_FAILED', message, { cause })
}

function lateAnswer({ store, verb, deadline }: StoreCall): SojournError {
  return new SojournError(
    'STORE_TIMED_OUT',
    `Expected the ${store} store to ${taskOf(verb)} within ${deadline.spanMs} ms, but it has not answered. ` +
      'Check that it can be reached, or give `deadline` a longer span.',
  )
}

function taskOf(verb: StoreVerb): string {
  return verb.includes(' ') ? verb : `${verb} a session`
}
