import type { SessionRecord } from '../record/store.ts'

/** What the store was asked to keep, and the values in it as text. */
export interface Written {
  readonly record: SessionRecord<unknown>
  readonly encoded: string
}

/** What the store has said of a session. */
export type SessionState = 'new' | 'sent' | 'stored' | 'ended'

/** What a request knows of the record of its session. */
export class StoreState {
  /** What the store holds; undefined while it has never said that it holds anything. */
  record: SessionRecord<unknown> | undefined
  /** Set once this request has asked the store to remove the session, whatever came of it. */
  isRemovalAsked = false
  /**
   * Changed only by what the store answers. A call that fails changes nothing, so that it can be made again.
   *
   * - new → sent: the store is asked to create the session, and may do so whatever it answers.
   * - sent → stored: it answers true, or the record is found there later.
   * - sent → new: it answers false, because another session has the id. This one gets another id.
   * - sent or stored → ended: it answers a removal, or another verb finds that there is none.
   * - new → ended: the session is removed, which the store need not be asked for.
   */
  #state: SessionState
  #sent: Written | undefined

  constructor(record: SessionRecord<unknown> | undefined) {
    this.record = record
    this.#state = record === undefined ? 'new' : 'stored'
  }

  get state(): SessionState {
    return this.#state
  }

  /** Whether the session has ended: nothing brings it back. */
  get hasEnded(): boolean {
    return this.#state === 'ended'
  }

  /** What the store was asked to create, while nobody knows whether it has. */
  get sent(): Written | undefined {
    return this.#state === 'sent' ? this.#sent : undefined
  }

  markSent(sent: Written): void {
    this.#sent = sent
    this.#state = 'sent'
  }

  markStored({ record }: Written): void {
    this.record = record
    this.#state = 'stored'
  }

  /** Takes note that the store has another session under the id, or none any more. */
  markAbsent(state: 'new' | 'ended'): void {
    this.#state = state
  }
}
