import { AssertionError } from 'node:assert'

/** The promises that a story checks, each in plain words. */
export const promises = {
  endSticks: 'A session that has ended stays ended.',
  noLostWrite: 'A committed write is lost only to a later write of the same name.',
  exactCount: 'A counter that `update` increases is exact.',
  ownSession: 'An id leads to its own session, or to none.',
  oneSuccessor: 'All ids of a session that still count lead to the same id.',
  livesOn: 'A session lives until its promised end.',
  endsInTime: 'A session expires at its end.',
  strangersAreFree: 'A visitor who stores nothing has no record, no cookie and no store call.',
  trueOutcome: 'A request gets the true outcome of its session.',
  trueList: 'The list of a subject has exactly its live sessions.',
  limitHolds: 'A subject has no more sessions than its limit.',
  uselessDump: 'Nothing that the store is given opens a session, and sealed data is unreadable.',
  soundCause: 'Nothing fails without a cause, and a failure is no logout.',
} as const

export type PromiseName = keyof typeof promises

/** The error for a broken promise. Its message says which promise, what the story saw, and what had happened before. */
export class BrokenPromise extends AssertionError {
  readonly promise: PromiseName
  /** What the story saw instead of what was promised. */
  readonly seen: string
  /** What had happened before, one line for each step and for each result. */
  readonly trace: readonly string[]

  constructor(promise: PromiseName, seen: string, trace: readonly string[]) {
    super({ message: `${promises[promise]} ${seen}\n${trace.map(line => `  ${line}`).join('\n')}` })
    this.promise = promise
    this.seen = seen
    this.trace = trace
  }
}

/** Thrown where a check fails. The world turns it into a `BrokenPromise` with the trace. */
export class Breach extends Error {
  readonly promise: PromiseName

  constructor(promise: PromiseName, seen: string) {
    super(seen)
    this.promise = promise
  }
}

/** Checks a promise, and throws a `Breach` when it is broken. */
export function hold(promise: PromiseName, isKept: boolean, seen: () => string): void {
  if (!isKept) throw new Breach(promise, seen())
}
