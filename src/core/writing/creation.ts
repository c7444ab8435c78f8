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

/** Stores new sessions, each under an id that no other session has. */
export class Creation {
  readonly #engine: Engine
  readonly #request: WritingRequest

  constructor(request: WritingRequest, engine: Engine = request.engine) {
    this.#engine = engine
    this.#request = request
  }

  /** @throws SojournError `ID_INVALID` when `genid` gives nothing but ids that are taken. */
  create(live: LiveSession, encoded: string, names = 1): MaybePromise<void> {
    const engine = this.#engine
    const record = recordOf(this.#request, live, { encoded })
    live.markSent({ record, encoded })
    return chain(
      engine.ask('create', live.id, store => store.create(record)),
      isKept =>
        isKept ? this.#note(live, { record, encoded }) : this.#createRenamed(live, encoded, names + 1),
    )
  }

  /** Finds out what became of a `create` whose answer was lost. A record that is not there may still arrive. */
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

  /** An id that the application has made may be another session's. One that was minted here is nobody else's. */
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
