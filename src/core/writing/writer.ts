import type { Engine } from '../engine/engine.ts'
import { attempt, chain } from '../record/maybe-promise.ts'
import type { MaybePromise, SessionRecord } from '../record/store.ts'
import { conflictError } from '../report/errors.ts'
import { publish } from '../report/events.ts'
import type { LiveSession } from '../session/live-session.ts'
import { catchUp } from './catch-up.ts'
import { Creation } from './creation.ts'
import { type Change, recordOf, type WritingRequest } from './record-of.ts'

/** Enough for many processes that change one session at once, and a bound in case every write conflicts. */
const mostAttempts = 64
/** How often a request tries before it queues with the other requests of its process. */
const attemptsAtOnce = 2

/** A change, and the record that another request has stored before it. */
interface Conflict {
  readonly change: Change
  readonly current: SessionRecord<unknown>
  readonly attempts: number
}

/** The function of an `update`, and the names whose values stay when its changes are undone. */
export interface Updating {
  apply(): MaybePromise<void>
  spared(): ReadonlySet<string | symbol>
}

/** Writes a live session to the store, and never overwrites a change that it has not merged. */
export class Writer {
  readonly #engine: Engine
  readonly #context: WritingRequest
  readonly #creation: Creation

  constructor(context: WritingRequest) {
    this.#engine = context.engine
    this.#context = context
    this.#creation = new Creation(context)
  }

  /** Saves the session. If it has ended meanwhile, it stays ended, and `live.hasEnded` becomes true. */
  save(live: LiveSession, encoded: string): MaybePromise<void> {
    return chain(this.#prepare(live), () => this.#write(live, this.#saving(live, encoded), 1))
  }

  /** Applies a change to the newest values, and again after each conflict, until the save succeeds. */
  update(live: LiveSession, change: Updating): MaybePromise<void> {
    const updating = chain(this.#prepare(live), () => this.#updating(live, change))
    return chain(updating, first => this.#write(live, first, 1))
  }

  /** Gives a stored session a new id. Of two concurrent rotations only one happens, and both requests use its id. */
  rotate(live: LiveSession): MaybePromise<void> {
    return chain(this.#prepare(live), () => this.#write(live, this.#rotating(live), 1))
  }

  /** Records activity. If the session has ended meanwhile, it stays ended, and `live.hasEnded` becomes true. */
  touch(live: LiveSession, held: SessionRecord<unknown>): MaybePromise<void> {
    const engine = this.#engine
    const times = engine.timeouts.activity(engine.now(), held, live.maxAge)
    const device = held.subject === undefined ? undefined : this.#context.device
    const data = engine.keepsSessions ? live.snapshot() : held.data
    const current = { ...held, ...times, device: device ?? held.device, data }
    const session = engine.keepsSessions ? current : undefined
    const activity = { ...times, device, subject: held.subject, session }
    const touched = engine.ask('touch', live.id, (store, call) => store.touch(held.key, activity, call))
    return chain(touched, isLive => {
      if (!isLive) return this.#lose(live)
      live.record = current
      engine.recollection.noteLife(current)
    })
  }

  /** Loads the record again, to find out whether the session is still live, and under which id. */
  confirm(live: LiveSession): MaybePromise<void> {
    const engine = this.#engine
    return chain(engine.load(live.id), record => {
      const isOver = record === undefined || engine.timeouts.isOver(engine.now(), record)
      const id = isOver ? undefined : engine.currentIdFor(live.id, record)
      if (id === undefined) return this.#lose(live)
      live.follow(id)
    })
  }

  /** Updates the state of the session before a write. */
  #prepare(live: LiveSession): MaybePromise<void> {
    return chain(this.#creation.recognize(live), () => this.#refresh(live))
  }

  /** Loads the newest times, which a passive request must keep: other requests may have been active meanwhile. */
  #refresh(live: LiveSession): MaybePromise<void> {
    const engine = this.#engine
    const { record: held } = live
    if (held === undefined || !this.#context.isPassive || engine.keepsSessions) return
    return chain(engine.load(live.id, held.key), found => {
      if (found?.version !== held.version) return
      const { touchedAt, expiresAt, device } = found
      live.record = { ...held, touchedAt, expiresAt, device }
    })
  }

  #saving(live: LiveSession, encoded: string): Change {
    return { encoded, again: () => this.#saving(live, live.encode()) }
  }

  #updating(live: LiveSession, change: Updating): MaybePromise<Change> {
    const before = live.encode()
    const { encoding } = this.#engine
    const again = (): MaybePromise<Change> => this.#updating(live, change)
    const made = (): Change => {
      const encoded = live.encode()
      const undo = (): void =>
        live.takeBack({
          before: encoding.decode(before).values,
          after: encoding.decode(encoded).values,
          spared: change.spared(),
        })
      return { encoded, hasTurn: true, undo, again }
    }
    return attempt(
      () => chain(change.apply(), made),
      error => {
        live.takeBack({ before: encoding.decode(before).values, spared: change.spared() })
        throw error
      },
    )
  }

  #rotating(live: LiveSession): Change {
    const { id } = live
    // After a conflict with another rotation, the session has that one's id, and only the changes remain to be saved.
    const again = (): Change => (live.id === id ? this.#rotating(live) : this.#saving(live, live.encode()))
    return {
      encoded: live.encode(),
      nextId: this.#engine.rotation.successorOf(id, this.#engine.mint.mint()),
      again,
    }
  }

  #write(live: LiveSession, change: Change, attempts: number): MaybePromise<void> {
    const held = live.record
    if (held === undefined) return this.#trying(change, () => this.#creation.create(live, change.encoded))
    const engine = this.#engine
    const record = recordOf(this.#context, live, change)
    const replacing = this.#trying(change, () => {
      this.#context.holding?.demand(live)
      return engine.ask('replace', live.id, (store, call) => store.replace(record, held.version, call))
    })
    return chain(replacing, answer => {
      if (answer === 'gone') {
        change.undo?.()
        return this.#lose(live)
      }
      if (answer !== 'replaced') return this.#writeUpon(live, { change, current: answer, attempts })
      const { nextId } = change
      if (nextId !== undefined) {
        live.id = nextId
        engine.recollection.noteId(record.key, nextId)
        publish('rotated', () => ({ handle: engine.handleOf(nextId) }))
      }
      live.markStored({ record, encoded: change.encoded })
      engine.recollection.noteLife(record)
      publish('saved', () => ({ handle: engine.handleOf(live.id) }))
    })
  }

  /** Undoes the change of a failed write. Its caller gets an error, so the end of the request must not save it. */
  #trying<Answer>(change: Change, work: () => MaybePromise<Answer>): MaybePromise<Answer> {
    return attempt(work, error => {
      change.undo?.()
      throw error
    })
  }

  /**
   * Retries a change after a conflict. Many requests of one process would keep conflicting with each other, so after two
   * tries they queue; then only other processes can conflict.
   */
  #writeUpon(live: LiveSession, conflict: Conflict): MaybePromise<void> {
    const { change, attempts } = conflict
    change.undo?.()
    if (attempts >= mostAttempts) throw conflictError('store a session', mostAttempts)
    if (attempts !== attemptsAtOnce || change.hasTurn === true) return this.#rewrite(live, conflict)
    const { turns, limit } = this.#engine
    return turns.take(`retries of ${this.#engine.keyOf(live.id)}`, limit, async () =>
      this.#rewrite(live, conflict),
    )
  }

  #rewrite(live: LiveSession, { change, current, attempts }: Conflict): MaybePromise<void> {
    return chain(this.#context.holding?.check(live), () => {
      if (!catchUp(this.#engine, live, current)) return this.#lose(live)
      return chain(change.again(), next => this.#write(live, next, attempts + 1))
    })
  }

  #lose(live: LiveSession): void {
    const { timeouts, recollection } = this.#engine
    live.markAbsent('ended')
    // A session that has expired was not ended by anybody.
    const isOver = live.record !== undefined && timeouts.isOver(this.#engine.now(), live.record)
    if (!isOver) recollection.noteEnd(this.#engine.keyOf(live.id))
    publish('gone', () => ({ handle: this.#engine.handleOf(live.id) }))
  }
}
