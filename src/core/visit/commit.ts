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

/** What `Set-Cookie` would say, written before the save, or why it cannot be written. */
interface PreparedCookie {
  readonly id: string
  readonly writtenAt: number
  readonly text: string | undefined
  readonly error: unknown
}

/** The end of a session's life inside one request: what is due is stored, and then the cookie is decided. */
export class Commit {
  /** What `Set-Cookie` is to say; undefined when it is to say nothing. */
  setCookie: string | undefined
  /** Set when nobody could be asked whether the session still has the id of its cookie. */
  #isUnconfirmed = false
  readonly #engine: Engine
  readonly #sessions: RequestSessions

  constructor(sessions: RequestSessions) {
    this.#engine = sessions.engine
    this.#sessions = sessions
  }

  /** Ends a request that has a session. One that somebody has ended meanwhile stays ended, and gets no cookie. */
  finish(live: LiveSession): MaybePromise<void> {
    const changes = live.changes()
    const sessions = this.#sessions
    const { isAnnounced } = sessions
    const rotates = !isAnnounced && isRotationDue(sessions, live)
    const needsCookie = !live.isAnnounced && (rotates || isCookieDue(sessions, live, changes !== undefined))
    if (needsCookie && isAnnounced) warnTooLate(this.#engine.cookies.name)
    // A cookie that cannot be written is found out before anything is stored.
    const cookie = needsCookie && !isAnnounced ? this.#prepareCookie(live) : undefined
    const { id } = live
    const store = (): MaybePromise<void> =>
      rotates ? this.#rotate(live, changes) : this.#store(live, changes, needsCookie)
    const storing = attempt(store, error => {
      // express-session's way: the cookie goes out whatever becomes of the save. An id that is taken is somebody else's.
      const isSent = live.state !== 'new' && !this.#isUnconfirmed
      if (this.#engine.sendsAnyway && isSent) this.setCookie = cookie?.text
      throw error
    })
    return chain(storing, () => this.#conclude(live, cookie ?? this.#successorCookie(live, id)))
  }

  /** Stores what has changed since the end: the visitor has the whole response by then, and no cookie can be sent. */
  finishRest(live: LiveSession): MaybePromise<void> {
    const changes = live.changes()
    if (isSaveDue(this.#sessions, live, changes)) return this.#save(live, changes ?? live.encode())
  }

  /** Ends a request whose session was ended or taken away. */
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

  // An id that could not be changed now is changed by the next request: that spoils no answer either.
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
    // A store that goes by the cookie would take a renewed one for a sign of life.
    if (!this.#sessions.isPassive) live.renew()
    return this.#sessions.writer.save(live, encoded)
  }

  #recordActivity(live: LiveSession, record: SessionRecord<unknown>): MaybePromise<void> {
    live.renew()
    return this.#sessions.writer.touch(live, record)
  }

  /**
   * A cookie is sent only for a session that the store still has, and only with the id that it has now: whoever got
   * the old one back would be taken for a thief as soon as the grace is over.
   */
  #confirm(live: LiveSession, needsCookie: boolean): MaybePromise<void> {
    if (!needsCookie || live.record === undefined || live.hasEnded || this.#engine.keepsSessions) return
    const { brought, writer } = this.#sessions
    const hasBroughtAnId = brought !== undefined && this.#engine.keyOfVisitor(brought) === live.record.key
    return attempt(
      () => writer.confirm(live),
      // A first cookie goes out nevertheless: without it nobody finds what is stored.
      error => (hasBroughtAnId ? this.#forgiveCookie(error) : this.#forgiveTouch(error)),
    )
  }

  // The session is stored, only its last activity is not: that spoils no answer.
  #forgiveTouch(error: unknown): void {
    if (this.#engine.sendsAnyway) throw error
  }

  /** Who was led to another id only while storing is given it too: the answer of who has changed it may be lost. */
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

  /** Whether the visitor's session was ended, and the one in its place is nothing that a cookie could name. */
  #hasLeft(live: LiveSession): boolean {
    return this.#sessions.hasDestroyed && live.record === undefined && !this.#sessions.isAnnounced
  }

  /** A lifetime counts from when the response leaves, which a slow save may have put off. */
  #refreshed(live: LiveSession, { id, writtenAt }: PreparedCookie, text: string): string {
    return writtenAt === this.#engine.now() && id === live.id ? text : writeCookie(this.#sessions, live)
  }
}
