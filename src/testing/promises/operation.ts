import type { Moment, Span } from './timeline.ts'

/** One thing that somebody asks of a manager, from the call to its answer. */
export class Operation {
  /** What it is, in a trace. */
  readonly name: string
  /** Which of the two managers does it. */
  readonly node: number
  /** Whether its calls of the store go through at once, because it only looks how things are. */
  readonly isAudit: boolean
  readonly from: Moment
  /** How often it has called the store. */
  calls = 0
  /** How many of its calls were made to fail. */
  failures = 0
  /** When its first call took effect. */
  firstEffect: Moment | undefined
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
  /** What it failed by; undefined where it did not. */
  readonly failure: { readonly code: string; readonly text: string } | undefined
}
