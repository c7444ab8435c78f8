import type { Moment, Span } from './timeline.ts'

/** One operation of a manager, from the call to its answer. */
export class Operation {
  /** Its name in a trace. */
  readonly name: string
  /** Which of the two managers runs it. */
  readonly node: number
  /** Whether it belongs to the audit, so that its store calls go through at once. */
  readonly isAudit: boolean
  readonly from: Moment
  /** The number of its store calls. */
  calls = 0
  /** How many of its store calls the story made fail. */
  failures = 0
  /** When its first call that reads took effect: a sign-in reads the epoch with it. */
  firstRead: Moment | undefined
  /** When its latest call took effect. */
  lastEffect: Moment | undefined

  constructor(name: string, from: Moment, { node, isAudit }: { node: number; isAudit: boolean }) {
    this.name = name
    this.from = from
    this.node = node
    this.isAudit = isAudit
  }
}

/** How an operation ended. */
export interface Ending<Result> {
  readonly operation: Operation
  readonly span: Span
  readonly result: Result | undefined
  /** Its error; undefined when it succeeded. */
  readonly failure: { readonly code: string; readonly text: string } | undefined
}
