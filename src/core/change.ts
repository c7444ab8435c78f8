import type { MaybePromise, SessionRecord } from './store.ts'

/** What the store was asked to keep, and the values in it as text. */
export interface Written {
  readonly record: SessionRecord<unknown>
  readonly encoded: string
}

/** One change of a stored session: what is to be written, and what is to be done when somebody was quicker. */
export interface Change {
  readonly encoded: string
  /** The id that the session has from now on, where that is another one. */
  readonly nextId?: string
  /** Set where the others of the process wait already. */
  readonly hasTurn?: boolean
  /** Takes the change out of the values again, before they are merged onto newer ones. */
  undo?(): void
  /** Makes the change anew, upon the newer values. Answers undefined when there is nothing left to do. */
  again(): MaybePromise<Change | undefined>
}

/** A change, and what somebody has stored before it. */
export interface Meeting {
  readonly change: Change
  readonly current: SessionRecord<unknown>
  readonly attempts: number
}
