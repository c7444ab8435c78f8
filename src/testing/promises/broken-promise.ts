import { AssertionError } from 'node:assert'

/** The promises that a story holds Sojourn and a store to, each in plain words. */
export const promises = {
  endSticks: 'A session that has ended stays ended.',
  noLostWrite: 'No committed write is lost but by a later write to the same name.',
  exactCount: 'A counter that is counted by `update` is exact.',
  ownSession: 'An id leads to its own session, or to none.',
  oneSuccessor: 'All ids of a session that still count lead to one and the same.',
  livesOn: 'A session is there until its promised end.',
  endsInTime: 'A session is over when its time is over.',
  strangersAreFree: 'A visitor who leaves nothing has no record, no cookie and no call of the store.',
  trueOutcome: 'A request is told what became of its session.',
  trueList: 'The list of a subject is who is signed in.',
  limitHolds: 'A subject has no more sessions than are allowed.',
  uselessDump: 'What the store is handed opens no session, and sealed data says nothing.',
  soundCause: 'Nothing fails without a cause, and a failure is no logout.',
} as const

export type PromiseName = keyof typeof promises

/** A promise that was not kept. Its message says which one, what was seen, and what had happened until then. */
export class BrokenPromise extends AssertionError {
  readonly promise: PromiseName
  /** What was seen in the place of what was promised. */
  readonly seen: string
  /** What had happened until then, one line for each step and for what came of it. */
  readonly trace: readonly string[]

  constructor(promise: PromiseName, seen: string, trace: readonly string[]) {
    super({ message: `${promises[promise]} ${seen}\n${trace.map(line => `  ${line}`).join('\n')}` })
    this.promise = promise
    this.seen = seen
    this.trace = trace
  }
}

/** Says that a promise was broken, where it is seen. Whoever plays the story adds what led there. */
export class Breach extends Error {
  readonly promise: PromiseName

  constructor(promise: PromiseName, seen: string) {
    super(seen)
    this.promise = promise
  }
}

/** Holds somebody to a promise. */
export function hold(promise: PromiseName, isKept: boolean, seen: () => string): void {
  if (!isKept) throw new Breach(promise, seen())
}
