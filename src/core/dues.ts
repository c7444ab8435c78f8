import type { Carrier } from './carrier.ts'
import type { VerifiedId } from './cookie-signer.ts'
import type { Engine } from './engine.ts'
import type { LiveSession } from './live-session.ts'
import type { RequestSessions } from './request-sessions.ts'
import type { SessionRecord } from './store.ts'
import { warnInsecure } from './warnings.ts'

/** Decides what is due at the end of a request: to store, to record activity, to send the cookie, or nothing. */
export class Dues {
  readonly #engine: Engine
  readonly #carrier: Carrier
  readonly #sessions: RequestSessions

  constructor(engine: Engine, carrier: Carrier, sessions: RequestSessions) {
    this.#engine = engine
    this.#carrier = carrier
    this.#sessions = sessions
  }

  /** The id that the visitor has brought. */
  get #brought(): VerifiedId | undefined {
    const { identity } = this.#sessions
    return typeof identity === 'string' ? undefined : identity
  }

  isSaveDue(live: LiveSession, changes: string | undefined): boolean {
    const { resave, saveUninitialized } = this.#engine.policy
    if (this.#isTold(live, changes)) return false
    if (changes !== undefined) return true
    if (live.record === undefined) return saveUninitialized || live.isSuccessor
    return resave && live.savedAs === undefined
  }

  /** express-session's way: what the application has tried to save by itself is not tried again unless it has changed. */
  #isTold({ savedAs }: LiveSession, changes: string | undefined): boolean {
    const isTried = savedAs !== undefined && (changes ?? savedAs) === savedAs
    return isTried && this.#engine.sendsAnyway
  }

  isTouchDue(live: LiveSession, record: SessionRecord<unknown>): boolean {
    const { timeouts } = this.#engine
    const now = this.#engine.now()
    if (!timeouts.isTouchDue(now, record.touchedAt, live.maxAge) || this.#sessions.isPassive) return false
    return this.hasBrought(live) || this.#hasBegunBefore(live, record, now)
  }

  /** A session that was stored long before its response leaves. An old id, which only leads to one, prolongs nothing. */
  #hasBegunBefore(live: LiveSession, { touchedAt }: SessionRecord<unknown>, now: number): boolean {
    return !this.#engine.keepsSessions && !live.isFollowing && touchedAt < now
  }

  /** Whether the visitor has used one id for as long as one may be used, and can be given another. */
  isRotationDue(live: LiveSession): boolean {
    const { policy, rotation, keepsSessions } = this.#engine
    const { record } = live
    if (policy.rotateEveryMs === undefined || record === undefined || keepsSessions) return false
    if (!this.hasBrought(live) || this.#sessions.isPassive || !this.#isAllowed(live)) return false
    const since = rotation.rotatedAt(record.rotation) ?? record.createdAt
    return this.#engine.now() - since >= policy.rotateEveryMs
  }

  isCookieDue(live: LiveSession, isChanged: boolean): boolean {
    const isModified = isChanged || live.hasSavedChanges || live.isSuccessor
    const isDue = this.hasBrought(live)
      ? this.#isRenewalDue(live, isModified)
      : this.#isFirstDue(live, isModified)
    return isDue && this.#isAllowed(live)
  }

  /** Whether this is the session whose cookie the visitor has brought. */
  hasBrought(live: LiveSession): boolean {
    return this.#brought?.id === live.id
  }

  /** Writes the `Set-Cookie` of a session, its lifetime counted from now. */
  writeCookie(live: LiveSession): string {
    const { cookies } = this.#engine
    live.renew()
    const value = this.#cookieValue(live)
    const { ownCookie } = live
    return ownCookie === undefined
      ? cookies.write(value, this.#carrier, live.maxAge)
      : cookies.writeOwn(value, ownCookie)
  }

  /** Writes the `Set-Cookie` that takes the cookie away from a visitor who has brought one. */
  writeDeletion(): string | undefined {
    return this.#brought && this.#engine.cookies.writeDeletion(this.#carrier)
  }

  /** Signing costs more than all the rest, so a visitor who comes again is given what was worked out before. */
  #cookieValue(live: LiveSession): string {
    const signer = this.#engine.signer(this.#carrier.secret)
    const brought = this.#brought
    if (brought?.id !== live.id) return signer.write(live.id)
    brought.cookieValue ??= signer.write(live.id)
    return brought.cookieValue
  }

  #isFirstDue(live: LiveSession, isModified: boolean): boolean {
    return live.record !== undefined || isModified || this.#engine.policy.saveUninitialized
  }

  #isRenewalDue(live: LiveSession, isModified: boolean): boolean {
    const isRenewing = this.#engine.policy.rolling || (isModified && live.maxAge !== null)
    if (isRenewing && !this.#sessions.isPassive) return true
    if (live.hasNewLifetime || live.hasSavedLifetime) return true
    return this.#brought?.isNewestSecret === false
  }

  #isAllowed(live: LiveSession): boolean {
    const { cookies } = this.#engine
    const { ownCookie } = live
    const isAllowed =
      ownCookie === undefined ? cookies.isAllowed(this.#carrier) : !ownCookie.secure || this.#carrier.isSecure
    if (!isAllowed) warnInsecure(cookies.name)
    return isAllowed
  }
}
