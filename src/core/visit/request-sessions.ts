import type { Cookie } from '../cookies/cookie.ts'
import type { VerifiedId } from '../cookies/cookie-signer.ts'
import { isReserved, reservedNameError } from '../data/codec.ts'
import type { Encoding } from '../data/encoding.ts'
import { restoreLifetime, valuesOf } from '../data/session-values.ts'
import type { Engine } from '../engine/engine.ts'
import { describeDevice } from '../record/device.ts'
import { attempt, chain, lastly } from '../record/maybe-promise.ts'
import { anonymous, type Standing } from '../record/standing.ts'
import type { MaybePromise } from '../record/store.ts'
import { Failures } from '../session/answer.ts'
import {
  type LiveActions,
  LiveSession,
  type SessionOwner,
  type SessionStart,
} from '../session/live-session.ts'
import { actionsOf, Session } from '../session/session.ts'
import { removeRecord } from '../writing/adoption.ts'
import type { Holding } from '../writing/hold.ts'
import type { WritingRequest } from '../writing/record-of.ts'
import { removeSession } from '../writing/removal.ts'
import { Writer } from '../writing/writer.ts'
import type { Carrier } from './carrier.ts'
import type { FoundSession } from './find-session.ts'
import type { Identity } from './identify.ts'
import { watchLate } from './late-changes.ts'
import { noteTouch, type UpdatingRequest } from './update-call.ts'

/** Makes the implementation of a session's methods. It is a parameter to avoid a circular import. */
type MakeActions = (sessions: RequestSessions, live: LiveSession) => LiveActions

/** The sessions of one request: it can have several, one after the other. */
export class RequestSessions implements SessionOwner, WritingRequest, UpdatingRequest {
  /** The session that the application sees; undefined after it has ended or the application has removed it. */
  current: LiveSession | undefined
  /** The newest session, even if the application has removed it. */
  last: LiveSession | undefined
  /** The result of reading the visitor's cookie. */
  identity: Identity = 'none'
  /** The session that the application has destroyed last. It still exists if the removal has failed. */
  #leaving: LiveSession | undefined
  /** The id of the visitor's cookie, if the store has not found its session. */
  missing: VerifiedId | undefined
  /** Set when a session has ended, so that the response must delete the cookie. */
  hasDestroyed = false
  /** Set when the head of the response has left or is decided: no cookie can be added any more. */
  isAnnounced = false
  /** Set when the end of the request has begun, which saves for the last time. */
  isOver = false
  /** The failures of session methods. */
  readonly failures: Failures = new Failures()
  /** The session whose late changes are watched. */
  watched: LiveSession | undefined
  /** Resolves when the operations of the request have ended; undefined if none is running. It never rejects. */
  underWay: Promise<void> | undefined
  updating: UpdatingRequest['updating']
  /** Set once the request has asked to hold its session. */
  holding: Holding | undefined
  readonly engine: Engine
  readonly encoding: Encoding
  readonly carrier: Carrier
  readonly writer: Writer
  readonly actionsFor: (live: LiveSession) => LiveActions
  #isPassive: boolean | undefined

  constructor(engine: Engine, carrier: Carrier, makeActions: MakeActions) {
    this.engine = engine
    this.encoding = engine.encoding
    this.carrier = carrier
    this.actionsFor = live => makeActions(this, live)
    this.writer = new Writer(this)
  }

  /** The verified id of the visitor's cookie. */
  get brought(): VerifiedId | undefined {
    return typeof this.identity === 'string' ? undefined : this.identity
  }

  /** Whether the visitor's cookie names this session. */
  hasBrought(live: LiveSession): boolean {
    return this.brought?.id === live.id
  }

  get request(): unknown {
    return this.carrier.request
  }

  /** Whether the request is passive: it does not count as activity. */
  get isPassive(): boolean {
    this.#isPassive ??= this.engine.policy.isPassive(this.carrier)
    return this.#isPassive
  }

  set isPassive(isPassive: boolean) {
    this.#isPassive = isPassive
  }

  get device(): string | undefined {
    return describeDevice(this.carrier, this.engine.policy.addresses)
  }

  /** Begins an empty session. */
  begin(standing: Standing = anonymous): LiveSession {
    return this.#take(this.#empty(standing))
  }

  /** Takes the session that the store has returned. */
  receive(found: FoundSession): LiveSession {
    return this.#take(this.#fromFound(found))
  }

  /** Begins a session that replaces another. An empty successor is stored only if its predecessor was. */
  succeed(standing: Standing = anonymous): LiveSession {
    const { last } = this
    const live = this.begin(standing)
    const hadRecord = last?.record !== undefined || last?.isSuccessor === true
    live.isSuccessor = hadRecord || (last !== undefined && this.engine.policy.saveUninitialized)
    return this.show(live)
  }

  /** Makes a session from data that the application has read from the store itself, under this id. */
  adopt(id: string, data: object): LiveSession {
    const stored = this.last?.id === id ? this.last : undefined
    stored?.noteMayChange()
    const live = this.#take(this.#fromData(id, data, stored))
    // The stored values are known, so every difference in the data is a change.
    live.noteMayChange()
    live.isSuccessor = this.brought?.id !== id
    return this.show(live)
  }

  /** Replaces the session with the value that the application has assigned: nothing, a session, or plain data. */
  put(id: string, assigned: unknown): void {
    if (typeof assigned !== 'object' || assigned === null) this.current = undefined
    else if (assigned instanceof Session) this.#putSession(id, assigned)
    else this.#putData(assigned)
  }

  show(live: LiveSession): LiveSession {
    this.carrier.show?.(live.view)
    return live
  }

  makeCookie(): Cookie {
    return this.engine.cookies.cookieFor(this.carrier)
  }

  /** Removes a session from the request, before it is removed from the store. */
  giveUp(live: LiveSession): void {
    this.#leaving = live
    if (this.current?.id !== live.id) return
    this.current = undefined
    this.carrier.show?.(undefined)
  }

  /**
   * Removes a session from the store. Only if that succeeds, the response deletes the cookie: a failing store must not
   * look like a logout. If the visitor's session was not found, this removes it all the same, because the load may have
   * asked a replica that lags behind.
   */
  end(live: LiveSession, goesOn = false): MaybePromise<void> {
    const { missing, engine } = this
    const removing = missing && removeRecord(engine, missing.id, engine.keyOfVisitor(missing))
    return chain(removing, () => {
      this.missing = undefined
      return chain(removeSession(this, live, { goesOn }), () => {
        this.hasDestroyed = true
      })
    })
  }

  /**
   * Tries again to remove a session whose `destroy` has failed. The application may not have noticed the failure, and its
   * response must not report a logout that did not happen.
   */
  endLeaving(): MaybePromise<void> {
    const live = this.#leaving
    return live === undefined || live.hasEnded || this.engine.sendsAnyway ? undefined : this.end(live)
  }

  noteUse(live: LiveSession, name: string | symbol): void {
    noteTouch(this, name)
    if (live !== this.current || this.isOver || this.underWay !== undefined) watchLate(this, live)
  }

  /** Runs an operation after the running ones of this request. Later operations wait for all of them. */
  inTurn<Result>(work: () => MaybePromise<Result>): MaybePromise<Result> {
    const before = this.underWay
    const fail = (error: unknown): never => {
      throw this.engine.reported(error)
    }
    let finish = (): void => undefined
    const present = new Promise<void>(resolve => {
      finish = resolve
    })
    this.underWay = present
    return lastly(
      () => chain(before, () => attempt(() => this.engine.limit.run(work), fail)),
      () => {
        finish()
        if (this.underWay === present) this.underWay = undefined
      },
    )
  }

  #empty(standing: Standing): LiveSession {
    const id = this.engine.mintId(this.request)
    const stored = this.encoding.empty
    return this.#make({ id, values: {}, record: undefined, stored, maxAge: undefined, standing })
  }

  #fromFound({ id, record, reading }: FoundSession): LiveSession {
    if (reading === undefined) return this.#fromData(id, record.data as object, { record })
    const { contents, text, isResealDue } = reading
    const { values, originalMaxAge: maxAge } = contents
    const live = this.#make({ id, record, values, stored: text, maxAge })
    live.isResealDue = isResealDue
    return live
  }

  #fromData(id: string, data: object, { record, stored }: Partial<LiveSession> = {}): LiveSession {
    const cookie = restoreLifetime(this.makeCookie(), data)
    const { lifetimeMs: maxAge } = cookie
    return this.#make({ id, record, cookie, maxAge, values: valuesOf(data), stored })
  }

  #make(start: SessionStart): LiveSession {
    return new LiveSession(this, start, this.engine.cookies.maxAgeFor(this.carrier))
  }

  #take(live: LiveSession): LiveSession {
    this.current = live
    this.last = live
    if (this.#leaving === live) this.#leaving = undefined
    return live
  }

  #putSession(id: string, session: Session): void {
    const { live, request }: Partial<LiveActions> = actionsOf(session)
    if (live !== undefined && request === this.request) this.#take(live)
    else this.adopt(id, session)
  }

  #putData(data: object): void {
    const reserved = Object.keys(data).find(name => isReserved(name) && name !== 'cookie')
    if (reserved !== undefined) throw reservedNameError(reserved)
    const live = this.current ?? this.begin()
    live.replaceValues(valuesOf(data))
    this.show(live)
  }
}
