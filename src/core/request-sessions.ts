import type { Carrier } from './carrier.ts'
import type { SessionContents } from './codec.ts'
import type { Cookie } from './cookie.ts'
import type { Engine } from './engine.ts'
import { goneError, notFoundError } from './errors.ts'
import type { Identity } from './identify.ts'
import { jsonCodec } from './json-codec.ts'
import { LiveSession, type SessionKeeper } from './live-session.ts'
import { attempt, chain } from './maybe-promise.ts'
import { actionsOf, Session } from './session.ts'
import { SessionMaker } from './session-maker.ts'
import { valuesOf } from './session-values.ts'
import type { MaybePromise, SessionRecord } from './store.ts'
import { Writer } from './writer.ts'

/** The sessions that one request has, one after the other, and what their methods do. */
export class RequestSessions implements SessionKeeper {
  /** The session that the application sees; undefined once it was ended or taken away. */
  current: LiveSession | undefined
  /** The newest session, also when the application has taken it away. */
  last: LiveSession | undefined
  /** Who the visitor turned out to be. */
  identity: Identity = 'none'
  /** Set when a session was ended for good, so that the browser is to forget its cookie. */
  hasDestroyed = false
  /** Set when the response's head has left, and with it the cookie or the lack of one. */
  isAnnounced = false
  /** What a method of a session is still doing. It never rejects. */
  underWay: Promise<void> | undefined
  readonly writer: Writer
  readonly #engine: Engine
  readonly #carrier: Carrier
  readonly #maker: SessionMaker

  constructor(engine: Engine, carrier: Carrier) {
    this.#engine = engine
    this.#carrier = carrier
    this.#maker = new SessionMaker(engine, carrier, this)
    this.writer = new Writer(engine, carrier.request)
  }

  get request(): unknown {
    return this.#carrier.request
  }

  /** Begins an empty session. */
  begin(): LiveSession {
    return this.#take(this.#maker.empty())
  }

  /** Takes the session that the store has answered. */
  receive(id: string, record: SessionRecord<unknown>): LiveSession {
    return this.#take(this.#maker.fromRecord(id, record))
  }

  /** Begins a session in the place of another. Only who had one is given an empty one that is stored. */
  succeed(): LiveSession {
    const isAnother = this.last !== undefined
    const live = this.begin()
    const isWorthStoring = this.#engine.policy.saveUninitialized || typeof this.identity !== 'string'
    live.isSuccessor = isAnother && isWorthStoring
    return this.#show(live)
  }

  /** Takes data that the application has read from the store by itself, as the session with this id. */
  adopt(id: string, data: object): LiveSession {
    const record = this.last?.id === id ? this.last.record : undefined
    const live = this.#take(this.#maker.fromData(id, data, record))
    live.isSuccessor = typeof this.identity === 'string' || this.identity.id !== id
    return this.#show(live)
  }

  /** Puts what the application has assigned in the place of the session: nothing, a session, or plain data. */
  put(id: string, assigned: unknown): void {
    if (typeof assigned !== 'object' || assigned === null) this.current = undefined
    else if (assigned instanceof Session) this.#putSession(id, assigned)
    else this.#putData(assigned)
  }

  makeCookie(): Cookie {
    return this.#maker.cookie()
  }

  encode(contents: SessionContents): string {
    return jsonCodec.encode(contents)
  }

  save(live: LiveSession): Promise<void> {
    return this.#run(() => this.#save(live))
  }

  reload(live: LiveSession): Promise<void> {
    return this.#run(() => this.#reload(live))
  }

  /** The session is no longer the request's from this moment, whenever the store has removed it. */
  destroy(live: LiveSession): Promise<void> {
    live.hasEnded = true
    if (this.current === live) {
      this.current = undefined
      this.#carrier.show?.(undefined)
    }
    return this.#run(() => this.end(live))
  }

  /** Removes a session from the store. Only then is the browser told to forget it: a failing store is no logout. */
  end(live: LiveSession): MaybePromise<void> {
    return chain(this.writer.delete(live), () => {
      this.hasDestroyed = true
    })
  }

  /** The old id is dead before the new one exists, so that no crash leaves both. */
  regenerate(live: LiveSession): Promise<void> {
    live.hasEnded = true
    return this.#run(() => this.#regenerate(live))
  }

  /**
   * Runs what a method of a session does after what another of this request is still doing. Whoever ends
   * the response waits for it, whether or not the application has.
   */
  async #run(work: () => MaybePromise<void>): Promise<void> {
    try {
      const running = this.underWay === undefined ? work() : this.underWay.then(work)
      await this.note(running)
    } catch (error) {
      throw this.#engine.reported(error)
    }
  }

  /** Lets whatever comes after wait for work that is under way. */
  note(work: MaybePromise<void>): MaybePromise<void> {
    if (!(work instanceof Promise)) return
    const settled = work.then(ignore, ignore)
    this.underWay = settled
    void settled.then(() => {
      if (this.underWay === settled) this.underWay = undefined
    })
    return work
  }

  #save(live: LiveSession): MaybePromise<void> {
    if (live.hasEnded) throw goneError()
    live.hasSaved = true
    live.failed = undefined
    const encoded = live.encode()
    const saving = attempt(
      () => this.writer.save(live, encoded),
      error => {
        live.failed = encoded
        throw error
      },
    )
    return chain(saving, () => {
      if (live.hasEnded) throw goneError()
    })
  }

  #reload(live: LiveSession): MaybePromise<void> {
    const engine = this.#engine
    const loading = engine.ask('load', live.id, store => store.load(engine.keyOf(live.id)))
    return chain(loading, record => {
      if (record === undefined || engine.timeouts.isOver(engine.now(), record)) throw notFoundError()
      this.#show(this.receive(live.id, record))
    })
  }

  async #regenerate(live: LiveSession): Promise<void> {
    try {
      await this.writer.delete(live)
    } finally {
      this.succeed()
    }
  }

  #take(live: LiveSession): LiveSession {
    this.current = live
    this.last = live
    return live
  }

  #show(live: LiveSession): LiveSession {
    this.#carrier.show?.(live.view)
    return live
  }

  #putSession(id: string, session: Session): void {
    const live = actionsOf(session)
    if (live instanceof LiveSession && live.request === this.request) this.#take(live)
    else this.adopt(id, session)
  }

  #putData(data: object): void {
    const live = this.current ?? this.begin()
    live.replaceValues(valuesOf(data))
    this.#show(live)
  }
}

function ignore(): void {}
