import type { MaybePromise } from './store.ts'

/*
 * Why these are no `async` functions: a store in the same process answers without a promise, and then all that is done
 * with its answer is done at once. `req.session` depends on it, and no turn of the event loop is spent.
 */

/**
 * Goes on with a value now if it is there, and when it arrives if it is promised. Not named `then`: a module
 * that exports a function of that name is taken for a promise by whoever imports it dynamically.
 */
export function chain<Value, Result>(
  value: MaybePromise<Value>,
  next: (value: Value) => MaybePromise<Result>,
): MaybePromise<Result> {
  return isPromised(value) ? Promise.resolve(value).then(next) : next(value)
}

/** Starts work whose failure, thrown at once or later, is handled in one place. */
export function attempt<Value>(
  work: () => MaybePromise<Value>,
  onFailure: (error: unknown) => MaybePromise<Value>,
): MaybePromise<Value> {
  try {
    const value = work()
    return isPromised(value) ? Promise.resolve(value).catch(onFailure) : value
  } catch (error) {
    return onFailure(error)
  }
}

/** Does something when work is done, whatever became of it. */
export function lastly<Value>(
  work: () => MaybePromise<Value>,
  act: () => MaybePromise<void>,
): MaybePromise<Value> {
  const fail = (error: unknown): MaybePromise<never> =>
    chain(act(), () => {
      throw error
    })
  return chain(attempt(work, fail), value => chain(act(), () => value))
}

/**
 * Whether a value is to be waited for: a promise, of any making. `then` is looked at and not called, because some query
 * builders run their query at each call. `Promise.resolve` calls it once.
 */
export function isPromised<Value>(value: MaybePromise<Value>): value is Promise<Value> {
  const isHolder = (typeof value === 'object' && value !== null) || typeof value === 'function'
  return isHolder && 'then' in value && typeof value.then === 'function'
}

/** What went wrong, where that is an answer like any other. */
export interface Failure {
  readonly error: unknown
}

/** Starts work, and answers what went wrong with it; undefined for nothing. */
export function failureOf(work: () => MaybePromise<void>): MaybePromise<Failure | undefined> {
  return attempt<Failure | undefined>(
    () => chain(work(), () => undefined),
    error => ({ error }),
  )
}

/** Throws what went wrong, or rejects with it. */
export function demandSuccess(outcome: MaybePromise<Failure | undefined>): MaybePromise<void> {
  return chain(outcome, failure => {
    if (failure !== undefined) throw failure.error
  })
}
