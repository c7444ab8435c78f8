import type { Engine } from '../engine/engine.ts'
import { attempt, chain } from '../record/maybe-promise.ts'
import type { MaybePromise, SessionRecord } from '../record/store.ts'
import { warnTooLate } from '../report/warnings.ts'
import type { LiveSession } from '../session/live-session.ts'
import {
  isCookieDue,
  isGraceDue,
  isRotationDue,
  isSaveDue,
  isTouchDue,
  writeCookie,
  writeDeletion,
} from './dues.ts'
import type { RequestSessions } from './request-sessions.ts'

/** The `Set-Cookie`, written before the save, or the error of writing it. */
interface PreparedCookie {
  readonly id: string
  readonly writtenAt: number
  readonly text: string | undefined
  readonly error: unknown
}

/** The end of a request: it saves what is due, and then decides the cookie. */
export class Commit {
  /** The value for `Set-Cookie`; undefined if the response needs none. */
  setCookie: string | undefined
  /** Set if the store failed to confirm that the session still has the id of its cookie. */
  #isUnconfirmed = false
  readonly #engine: Engine
  readonly #sessions: RequestSessions

  constructor(sessions: RequestSessions) {
    this.#engine = sessions.engine
    this.#sessions = sessions
  }

  /** Ends a request that has a session. If the session has ended meanwhile, it stays ended, and no cookie is sent. */
  finish(live: LiveSession): MaybePromise<void> {
    const changes = live.changes()
    const sessions = this.#sessions
    const { isAnnounced } = sessions
    const rotates = !isAnnounced && isRotationDue(sessions, live)
    const needsCookie = !live.isAnnounced && (rotates || isCookieDue(sessions, live, changes !== undefined))
    if (needsCookie && isAnnounced) warnTooLate(this.#engine.cookies.name)
    // Written before the save, so that an invalid cookie fails before anything is stored.
    const cookie = needsCookie && !isAnnounced ? this.#prepareCookie(live) : undefined
    const { id } = live
    const store = (): MaybePromise<void> =>
      rotates ? this.#rotate(live, changes) : this.#store(live, changes, needsCookie)
    const storing = attempt(store, error => {
      // As in express-session, the cookie is sent even if the save fails. But never with an id that another session has.
      const isSent = live.state !== 'new' && !this.#isUnconfirmed
      if (this.#engine.sendsAnyway && isSent) this.setCookie = cookie?.text
      throw error
    })
    return chain(storing, () => this.#conclude(live, cookie ?? this.#successorCookie(live, id)))
  }

  /** Saves what has changed since `flush`. The browser has the whole response by then, so no cookie can be sent. */
  finishRest(live: LiveSession): MaybePromise<void> {
    const changes = live.changes()
    if (isSaveDue(this.#sessions, live, changes)) return this.#save(live, changes ?? live.encode())
  }

  /** Ends a request whose session has ended or was removed by the application. */
  finishWithout(): MaybePromise<void> {
    const sessions = this.#sessions
    const { last } = sessions
    const isUnset = this.#engine.policy.unset === 'destroy' && last !== undefined && !last.hasEnded
    return chain(isUnset ? sessions.end(last) : undefined, () => {
      if (sessions.hasDestroyed && !sessions.isAnnounced) this.setCookie = writeDeletion(this.#sessions)
    })
  }

  #prepareCookie(live: LiveSession): PreparedCookie {
    const writtenAt = this.#engine.now()
    try {
      return { id: live.id, writtenAt, text: writeCookie(this.#sessions, live), error: undefined }
    } catch (error) {
      if (!this.#engine.sendsAnyway) throw error
      return { id: live.id, writtenAt, text: undefined, error }
    }
  }

  #store(live: LiveSession, changes: string | undefined, needsCookie: boolean): MaybePromise<void> {
    if (isSaveDue(this.#sessions, live, changes)) return this.#save(live, changes ?? live.encode())
    const isRenewed = needsCookie && this.#sessions.hasBrought(live)
    return chain(this.#touch(live, isRenewed), () => this.#confirm(live, needsCookie))
  }

  // A failed rotation alone does not fail the response: the next request rotates the id.
  #rotate(live: LiveSession, changes: string | undefined): MaybePromise<void> {
    const rotate = (): MaybePromise<void> => this.#sessions.writer.rotate(live)
    if (changes !== undefined) return rotate()
    return attempt(rotate, error => this.#forgiveCookie(error))
  }

  #forgiveCookie(error: unknown): void {
    this.#isUnconfirmed = true
    this.#forgiveTouch(error)
  }

  #touch(live: LiveSession, isRenewed: boolean): MaybePromise<void> {
    const { record } = live
    if (record === undefined) return
    const isAsked = isRenewed && (this.#engine.keepsSessions || live.isResealDue)
    const startsGrace = isGraceDue(this.#sessions, live, record)
    if (!isAsked && !startsGrace && !isTouchDue(this.#sessions, live, record)) return
    const isAstray = this.#engine.timeouts.isAstray(this.#engine.now(), record, live.maxAge)
    const isRewritten = startsGrace || isAstray || live.isResealDue
    return attempt(
      () => (isRewritten ? this.#save(live, live.encode()) : this.#recordActivity(live, record)),
      error => this.#forgiveTouch(error),
    )
  }

  #save(live: LiveSession, encoded: string): MaybePromise<void> {
    // A passive request must not renew the cookie, because a store for express-session takes the expiry from it.
    if (!this.#sessions.isPassive) live.renew()
    return this.#sessions.writer.save(live, encoded)
  }

  #recordActivity(live: LiveSession, record: SessionRecord<unknown>): MaybePromise<void> {
    live.renew()
    return this.#sessions.writer.touch(live, record)
  }

  /**
   * Loads the session again before a cookie is sent: it must still exist, and the cookie must carry its present id. A
   * visitor who got an old id back would look like a thief after the grace.
   */
  #confirm(live: LiveSession, needsCookie: boolean): MaybePromise<void> {
    if (!needsCookie || live.record === undefined || live.hasEnded || this.#engine.keepsSessions) return
    if (live.isConfirmed) return
    const { brought, writer } = this.#sessions
    const hasBroughtAnId = brought !== undefined && this.#engine.keyOfVisitor(brought) === live.record.key
    return attempt(
      () => writer.confirm(live),
      // The first cookie of a session is sent all the same: without it, nobody could find the stored session.
      error => (hasBroughtAnId ? this.#forgiveCookie(error) : this.#forgiveTouch(error)),
    )
  }

  // The session is stored, only its last activity is not. That does not fail the response.
  #forgiveTouch(error: unknown): void {
    if (this.#engine.sendsAnyway) throw error
  }

  /** The cookie for a new id that another request has set during the save: that request's response may be lost. */
  #successorCookie(live: LiveSession, id: string): PreparedCookie | undefined {
    const isLed = live.id !== id && !live.hasEnded && !this.#sessions.isAnnounced
    return isLed && isCookieDue(this.#sessions, live, false) ? this.#prepareCookie(live) : undefined
  }

  #conclude(live: LiveSession, cookie: PreparedCookie | undefined): void {
    if (live.hasEnded || this.#isUnconfirmed) this.setCookie = undefined
    else if (cookie?.text !== undefined) this.setCookie = this.#refreshed(live, cookie, cookie.text)
    else if (this.#hasLeft(live)) this.setCookie = writeDeletion(this.#sessions)
    if (cookie?.error !== undefined) throw cookie.error
  }

  /** Whether the visitor's session has ended, and its replacement is not stored, so that the cookie must be deleted. */
  #hasLeft(live: LiveSession): boolean {
    return this.#sessions.hasDestroyed && live.record === undefined && !this.#sessions.isAnnounced
  }

  /** Writes the cookie again after a slow save, because its lifetime counts from when the response leaves. */
  #refreshed(live: LiveSession, { id, writtenAt }: PreparedCookie, text: string): string {
    return writtenAt === this.#engine.now() && id === live.id ? text : writeCookie(this.#sessions, live)
  }
}
