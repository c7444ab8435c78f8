import type { SessionContents } from './codec.ts'
import { Cookie } from './cookie.ts'
import type { Engine } from './engine.ts'
import { SojournError } from './errors.ts'
import { publish } from './events.ts'
import { jsonCodec } from './json-codec.ts'
import type { LiveSession } from './live-session.ts'
import { chain } from './maybe-promise.ts'
import { restoreLifetime, valuesOf } from './session-values.ts'
import type { MaybePromise, SessionRecord } from './store.ts'

/** Often enough for fifty requests that change one session at once, and an end to a store that never agrees. */
const mostAttempts = 64
const mostNames = 3

/** Writes a live session to the store, without ever overwriting what it has not seen. */
export class Writer {
  readonly #engine: Engine
  readonly #request: unknown

  constructor(engine: Engine, request: unknown) {
    this.#engine = engine
    this.#request = request
  }

  /** Stores the session. One that has ended meanwhile stays ended: `live.hasEnded` tells. */
  save(live: LiveSession, encoded: string, attempt = 1): MaybePromise<void> {
    const held = live.record
    if (held === undefined) return this.#create(live, encoded, attempt)
    const engine = this.#engine
    const record = this.#recordOf(live, held, encoded)
    const replacing = engine.ask('replace', live.id, store => store.replace(record, held.version))
    return chain(replacing, answer => {
      if (answer === 'gone') return this.#lose(live)
      if (answer !== 'replaced') return this.#merge(live, answer, attempt)
      live.markStored(record, encoded)
      publish('saved', () => ({ handle: engine.handleOf(live.id) }))
    })
  }

  /** Records activity. A session that has ended meanwhile stays ended: `live.hasEnded` tells. */
  touch(live: LiveSession, held: SessionRecord<unknown>): MaybePromise<void> {
    const engine = this.#engine
    const activity = engine.timeouts.activity(engine.now(), held.createdAt, live.maxAge)
    const current = { ...held, ...activity, data: this.#dataOf(live, held.data) }
    const touched = engine.ask('touch', live.id, store => store.touch(held.key, activity, current))
    return chain(touched, isLive => {
      if (isLive) live.record = current
      else this.#lose(live)
    })
  }

  /** Removes the session. One that was never stored costs no call, unless other software may have stored it. */
  delete(live: LiveSession): MaybePromise<void> {
    const engine = this.#engine
    live.hasEnded = true
    if (live.record === undefined && !live.isSent && engine.traits.keepsSessions !== true) return
    const deleted = engine.ask('delete', live.id, store => store.delete(engine.keyOf(live.id)))
    return chain(deleted, () => publish('destroyed', () => ({ handle: engine.handleOf(live.id) })))
  }

  #create(live: LiveSession, encoded: string, attempt: number): MaybePromise<void> {
    const engine = this.#engine
    const record = this.#recordOf(live, undefined, encoded)
    live.isSent = true
    return chain(
      engine.ask('create', live.id, store => store.create(record)),
      isKept => {
        if (!isKept) return this.#createRenamed(live, encoded, attempt)
        live.markStored(record, encoded)
        publish('created', () => ({ handle: engine.handleOf(live.id) }))
      },
    )
  }

  #createRenamed(live: LiveSession, encoded: string, attempt: number): MaybePromise<void> {
    if (live.isAnnounced || attempt >= mostNames) {
      throw new SojournError(
        'ID_INVALID',
        'Expected `genid` to return an id that no session has, got one that is taken.',
      )
    }
    live.id = this.#engine.mintId(this.#request)
    return this.#create(live, encoded, attempt + 1)
  }

  #merge(live: LiveSession, current: SessionRecord<unknown>, attempt: number): MaybePromise<void> {
    publish('conflicted', () => ({ handle: this.#engine.handleOf(live.id) }))
    if (attempt >= mostAttempts) {
      throw new SojournError(
        'CONFLICT_UNRESOLVED',
        `Expected to store a session within ${mostAttempts} attempts, but others changed it each time. Let fewer requests change it at once.`,
      )
    }
    const base = live.stored === undefined ? {} : jsonCodec.decode(live.stored).values
    live.mergeOnto(current, this.#contentsOf(current), base)
    return this.save(live, live.encode(), attempt + 1)
  }

  #lose(live: LiveSession): void {
    live.hasEnded = true
    publish('gone', () => ({ handle: this.#engine.handleOf(live.id) }))
  }

  #recordOf(
    live: LiveSession,
    held: SessionRecord<unknown> | undefined,
    encoded: string,
  ): SessionRecord<unknown> {
    const engine = this.#engine
    const now = engine.now()
    const createdAt = held?.createdAt ?? now
    const { touchedAt, expiresAt } = engine.timeouts.activity(now, createdAt, live.maxAge)
    return {
      key: held?.key ?? engine.keyOf(live.id),
      version: (held?.version ?? 0) + 1,
      createdAt,
      touchedAt,
      expiresAt,
      subject: held?.subject,
      data: this.#dataOf(live, encoded),
    }
  }

  #dataOf(live: LiveSession, encoded: unknown): unknown {
    return this.#engine.traits.keepsSessions === true ? live.snapshot() : encoded
  }

  #contentsOf({ data }: SessionRecord<unknown>): SessionContents {
    if (this.#engine.traits.keepsSessions !== true) return jsonCodec.decode(String(data))
    // A store that keeps sessions answers one.
    const session = data as object
    return {
      values: valuesOf(session),
      originalMaxAge: restoreLifetime(new Cookie(), session).originalMaxAge,
    }
  }
}
