import type { MaybePromise } from './store.ts'

/*
 * These are no `async` functions: a store in the same process answers without a promise, and then the code that follows
 * must run synchronously. `req.session` depends on it, and it avoids a turn of the event loop.
 */

/**
 * Calls `next` with a value: at once, or after it resolves if it is a promise. Not named `then`, because a dynamic
 * `import()` would take a module with an export of that name for a promise.
 */
export function chain<Value, Result>(
  value: MaybePromise<Value>,
  next: (value: Value) => MaybePromise<Result>,
): MaybePromise<Result> {
  return isPromised(value) ? Promise.resolve(value).then(next) : next(value)
}

/** Starts work. `onFailure` handles its error, thrown synchronously or rejected. */
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

/** Runs `act` after the work, whether the work succeeds or fails, as `finally` does. */
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
 * Whether a value is a promise or another thenable. This does not call `then`, because some query builders run their
 * query at each call of it. `Promise.resolve` calls it once.
 */
export function isPromised<Value>(value: MaybePromise<Value>): value is Promise<Value> {
  const isHolder = (typeof value === 'object' && value !== null) || typeof value === 'function'
  return isHolder && 'then' in value && typeof value.then === 'function'
}

/** An error as a return value. */
export interface Failure {
  readonly error: unknown
}

/** Starts work, and returns its failure; undefined if it succeeds. */
export function failureOf(work: () => MaybePromise<void>): MaybePromise<Failure | undefined> {
  return attempt<Failure | undefined>(
    () => chain(work(), () => undefined),
    error => ({ error }),
  )
}

/** Throws a failure, or rejects with it. */
export function demandSuccess(outcome: MaybePromise<Failure | undefined>): MaybePromise<void> {
  return chain(outcome, failure => {
    if (failure !== undefined) throw failure.error
  })
}
