import type { Carrier } from './carrier.ts'
import type { SessionContents, SessionValues } from './codec.ts'
import type { Cookie } from './cookie.ts'
import type { Engine } from './engine.ts'
import { type FoundSession, rereadSession } from './find-session.ts'
import type { Hold } from './hold.ts'
import type { Identity } from './identify.ts'
import { LiveActions, type SessionKeeper } from './live-actions.ts'
import type { LiveSession, SessionOwner } from './live-session.ts'
import { chain } from './maybe-promise.ts'
import type { WritingRequest } from './record-of.ts'
import { actionsOf, Session } from './session.ts'
import { SessionMaker } from './session-maker.ts'
import { valuesOf } from './session-values.ts'
import { anonymous, type Standing } from './standing.ts'
import type { MaybePromise } from './store.ts'
import { Writer } from './writer.ts'

/** Makes what the methods of a request's sessions do. Handed in, so that imports go one way. */
type MakeKeeper = (engine: Engine, sessions: RequestSessions) => SessionKeeper

/** The sessions that one request has, one after the other, and what their methods do. */
export class RequestSessions implements SessionOwner, WritingRequest {
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
  /** Set while the request has its session for itself. */
  hold: Hold | undefined
  readonly writer: Writer
  readonly #engine: Engine
  readonly #carrier: Carrier
  readonly #maker: SessionMaker
  readonly #makeKeeper: MakeKeeper
  #keeper: SessionKeeper | undefined
  #isPassive: boolean | undefined

  constructor(engine: Engine, carrier: Carrier, makeKeeper: MakeKeeper) {
    this.#makeKeeper = makeKeeper
    this.#engine = engine
    this.#carrier = carrier
    this.#maker = new SessionMaker(engine, carrier, this)
    this.writer = new Writer(engine, this)
  }

  get request(): unknown {
    return this.#carrier.request
  }

  /** Whether the request is no sign of life: it prolongs nothing. */
  get isPassive(): boolean {
    this.#isPassive ??= this.#engine.policy.isPassive(this.#carrier)
    return this.#isPassive
  }

  set isPassive(isPassive: boolean) {
    this.#isPassive = isPassive
  }

  get device(): string | undefined {
    return this.#engine.deviceOf(this.#carrier)
  }

  actionsFor(live: LiveSession): LiveActions {
    this.#keeper ??= this.#makeKeeper(this.#engine, this)
    return new LiveActions(live, this.#keeper)
  }

  checkHold(): MaybePromise<void> {
    return this.hold?.check()
  }

  /** Begins an empty session. */
  begin(standing: Standing = anonymous): LiveSession {
    return this.#take(this.#maker.empty(standing))
  }

  /** Takes the session that the store has answered. */
  receive(found: FoundSession): LiveSession {
    return this.#take(this.#maker.fromFound(found))
  }

  /** Begins a session in the place of another. Only who had one is given an empty one that is stored. */
  succeed(): LiveSession {
    return this.succeedAs(anonymous)
  }

  /** The same for a session of which something is known already. */
  succeedAs(standing: Standing): LiveSession {
    const { last } = this
    const live = this.begin(standing)
    const hadRecord = last?.record !== undefined || last?.isSuccessor === true
    live.isSuccessor = hadRecord || (last !== undefined && this.#engine.policy.saveUninitialized)
    return this.show(live)
  }

  /** Reads a session anew, for the request that has it. */
  read(id: string): MaybePromise<FoundSession | undefined> {
    return rereadSession(this.#engine, id)
  }

  /** Takes data that the application has read from the store by itself, as the session with this id. */
  adopt(id: string, data: object): LiveSession {
    const record = this.last?.id === id ? this.last.record : undefined
    const live = this.#take(this.#maker.fromData(id, data, record))
    live.isSuccessor = typeof this.identity === 'string' || this.identity.id !== id
    return this.show(live)
  }

  /** Puts what the application has assigned in the place of the session: nothing, a session, or plain data. */
  put(id: string, assigned: unknown): void {
    if (typeof assigned !== 'object' || assigned === null) this.current = undefined
    else if (assigned instanceof Session) this.#putSession(id, assigned)
    else this.#putData(assigned)
  }

  show(live: LiveSession): LiveSession {
    this.#carrier.show?.(live.view)
    return live
  }

  makeCookie(): Cookie {
    return this.#maker.cookie()
  }

  encode(contents: SessionContents): string {
    return this.#engine.encoding.encode(contents)
  }

  encodeChanged(contents: SessionContents, stored: string): string | undefined {
    return this.#engine.encoding.encodeChanged(contents, stored)
  }

  isSame(name: string, one: SessionValues, other: SessionValues): boolean {
    return this.#engine.encoding.isSame(name, one, other)
  }

  checkAssigned(name: string, value: unknown): void {
    this.#engine.encoding.checkAssigned(name, value)
  }

  /** Takes a session away from the request, before it is removed from the store. */
  giveUp(live: LiveSession): void {
    if (this.current !== live) return
    this.current = undefined
    this.#carrier.show?.(undefined)
  }

  /** Removes a session from the store. Only then is the browser told to forget it: a failing store is no logout. */
  end(live: LiveSession): MaybePromise<void> {
    return chain(this.writer.delete(live), () => {
      this.hasDestroyed = true
    })
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

  #take(live: LiveSession): LiveSession {
    this.current = live
    this.last = live
    return live
  }

  #putSession(id: string, session: Session): void {
    const actions = actionsOf(session)
    if (actions instanceof LiveActions && actions.request === this.request) this.#take(actions.live)
    else this.adopt(id, session)
  }

  #putData(data: object): void {
    const live = this.current ?? this.begin()
    live.replaceValues(valuesOf(data))
    this.show(live)
  }
}

function ignore(): void {}
