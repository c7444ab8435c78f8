import type { Engine } from '../engine/engine.ts'
import { chain } from '../record/maybe-promise.ts'
import type { MaybePromise, SessionRecord } from '../record/store.ts'
import { takenIdError } from '../report/errors.ts'
import { publish } from '../report/events.ts'
import type { LiveSession } from '../session/live-session.ts'
import type { Written } from '../session/store-state.ts'
import { readRecord } from './catch-up.ts'
import { recordOf, type WritingRequest } from './record-of.ts'

const mostNames = 3

/** Creates new sessions in the store, each under an id that no other session has. */
export class Creation {
  readonly #engine: Engine
  readonly #request: WritingRequest

  constructor(request: WritingRequest, engine: Engine = request.engine) {
    this.#engine = engine
    this.#request = request
  }

  /**
   * Creates a session. If its id is taken, it gets another one.
   *
   * @throws SojournError `ID_INVALID` after three taken ids, or after one whose cookie has already been sent.
   */
  create(live: LiveSession, encoded: string, names = 1): MaybePromise<void> {
    const engine = this.#engine
    const record = recordOf(this.#request, live, { encoded })
    live.markSent({ record, encoded })
    return chain(
      engine.ask('create', live.id, (store, call) => store.create(record, call)),
      isKept =>
        isKept ? this.#note(live, { record, encoded }) : this.#createRenamed(live, encoded, names + 1),
    )
  }

  /** Finds out whether a failed `create` has stored its record. If there is none, it may still arrive. */
  recognize(live: LiveSession): MaybePromise<void> {
    const { sent } = live
    if (sent === undefined) return
    return chain(this.#engine.load(live.id), found => {
      if (found === undefined) return
      if (this.#isOurs(live, sent, found)) this.#note(live, sent)
      else live.markAbsent('new')
    })
  }

  #createRenamed(live: LiveSession, encoded: string, names: number): MaybePromise<void> {
    live.markAbsent('new')
    if (live.isAnnounced || names > mostNames) throw takenIdError()
    live.id = this.#engine.mintId(this.#request.request)
    return this.create(live, encoded, names)
  }

  /** Whether a found record is this session's. Only with `genid` can the same id belong to another session. */
  #isOurs({ id }: LiveSession, sent: Written, found: SessionRecord<unknown>): boolean {
    const { encoding, policy, keepsSessions } = this.#engine
    if (policy.genid === undefined) return true
    if (!keepsSessions && found.createdAt !== sent.record.createdAt) return false
    const [theirs, ours] = [readRecord(this.#engine, found, id).contents, encoding.decode(sent.encoded)]
    return encoding.encode({ values: theirs?.values ?? {} }) === encoding.encode({ values: ours.values })
  }

  #note(live: LiveSession, sent: Written): void {
    live.markStored(sent)
    this.#engine.recollection.noteLife(sent.record)
    publish('created', () => ({ handle: this.#engine.handleOf(live.id) }))
  }
}
