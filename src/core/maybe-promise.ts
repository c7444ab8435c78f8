import type { MaybePromise } from './store.ts'

/**
 * Goes on with a value now if it is there, and when it arrives if it is promised. Not named `then`: a module
 * that exports a function of that name is taken for a promise by whoever imports it dynamically.
 */
export function chain<Value, Result>(
  value: MaybePromise<Value>,
  next: (value: Value) => MaybePromise<Result>,
): MaybePromise<Result> {
  return value instanceof Promise ? value.then(next) : next(value)
}

/** Starts work whose failure, thrown at once or later, is handled in one place. */
export function attempt<Value>(
  work: () => MaybePromise<Value>,
  onFailure: (error: unknown) => MaybePromise<Value>,
): MaybePromise<Value> {
  try {
    const value = work()
    return value instanceof Promise ? value.catch(onFailure) : value
  } catch (error) {
    return onFailure(error)
  }
}

/** What went wrong, where that is an answer like any other. */
export interface Failure {
  readonly error: unknown
}
