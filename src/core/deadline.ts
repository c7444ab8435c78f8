import type { Clock } from './clock.ts'
import { SojournError } from './errors.ts'
import { isPromised } from './maybe-promise.ts'
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
  try {
    const answer = ask()
    return isPromised(answer) ? raced(call, Promise.resolve(answer)) : answer
  } catch (cause) {
    throw storeFailure(call, cause)
  }
}

function raced<Answer>(call: StoreCall, answer: Promise<Answer>): Promise<Answer> {
  const { clock, spanMs } = call.deadline
  return new Promise((resolve, reject) => {
    const cancel = clock.after(spanMs, () => reject(lateAnswer(call)))
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
