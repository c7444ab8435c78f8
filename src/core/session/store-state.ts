import type { SessionRecord } from '../record/store.ts'

/** The record of a write, and its values as text. */
export interface Written {
  readonly record: SessionRecord<unknown>
  readonly encoded: string
}

/** The state of a session in the store, as far as its answers tell. */
export type SessionState = 'new' | 'sent' | 'stored' | 'ended'

/** Tracks what a request knows about the record of its session. */
export class StoreState {
  /** The record in the store; undefined until the store has confirmed one. */
  record: SessionRecord<unknown> | undefined
  /** Set once this request has asked the store to remove the session, even if the call failed. */
  isRemovalAsked = false
  /**
   * A call of the store that fails changes nothing, so that it can be repeated.
   *
   * - new → sent: before `create` is called. From here the record may exist, even if the call fails.
   * - sent → stored: `create` returned true, or a later load has found the record.
   * - sent → new: `create` returned false, or a later load has found another session. This one gets another id.
   * - sent or stored → ended: the store has removed the record, or a call has found none.
   * - new → ended: the session is removed without a call of the store.
   */
  #state: SessionState
  #sent: Written | undefined
  #isConfirmed = false

  constructor(record: SessionRecord<unknown> | undefined) {
    this.record = record
    this.#state = record === undefined ? 'new' : 'stored'
  }

  get state(): SessionState {
    return this.#state
  }

  /** Whether the session has ended. Nothing restores it. */
  get hasEnded(): boolean {
    return this.#state === 'ended'
  }

  /** The record of a `create`, while its outcome is unknown. */
  get sent(): Written | undefined {
    return this.#state === 'sent' ? this.#sent : undefined
  }

  /**
   * Whether the store has confirmed in this turn of the event loop that the session is live. Nothing else can have been heard
   * of it since, so a response that leaves now need not ask again.
   */
  get isConfirmed(): boolean {
    return this.#isConfirmed
  }

  markConfirmed(): void {
    this.#isConfirmed = true
    setImmediate(() => {
      this.#isConfirmed = false
    })
  }

  markSent(sent: Written): void {
    this.#sent = sent
    this.#state = 'sent'
  }

  markStored({ record }: Written): void {
    this.record = record
    this.#state = 'stored'
  }

  /** Notes that the session is not in the store: another one has its id ('new'), or it has ended. */
  markAbsent(state: 'new' | 'ended'): void {
    this.#state = state
  }
}
