import type { SessionRecord } from '../record/store.ts'
import { warnInsecure } from '../report/warnings.ts'
import type { LiveSession } from '../session/live-session.ts'
import { idByNow } from './find-session.ts'
import type { RequestSessions } from './request-sessions.ts'

/** Whether the end of a request is to store its session. */
export function isSaveDue({ engine }: RequestSessions, live: LiveSession, changes?: string): boolean {
  const { resave, saveUninitialized } = engine.policy
  const { savedAs } = live
  // express-session's way: what the application has tried to save by itself is not tried again unless it has changed.
  const isTold = savedAs !== undefined && (changes ?? savedAs) === savedAs && engine.sendsAnyway
  if (isTold || changes !== undefined) return !isTold
  // An empty session is stored if the application has tried to.
  if (live.record === undefined) return saveUninitialized || live.isSuccessor || savedAs !== undefined
  return resave && savedAs === undefined
}

/** Whether the end of a request is to record activity. */
export function isTouchDue(
  sessions: RequestSessions,
  live: LiveSession,
  record: SessionRecord<unknown>,
): boolean {
  const { engine } = sessions
  const now = engine.now()
  if (!engine.timeouts.isTouchDue(now, record, live.maxAge) || sessions.isPassive) return false
  // Or it was stored long before its response leaves. An old id, which only leads to a session, prolongs nothing.
  return sessions.hasBrought(live) || (!engine.keepsSessions && !live.isFollowing && record.touchedAt < now)
}

/** Whether the end of a request is to write down that the visitor has the id that another was changed to. */
export function isGraceDue(
  sessions: RequestSessions,
  live: LiveSession,
  { rotation }: SessionRecord<unknown>,
): boolean {
  return sessions.hasBrought(live) && sessions.engine.rotation.isUnused(rotation)
}

/** Whether the visitor has used one id for as long as one may be used, and can be given another. */
export function isRotationDue(sessions: RequestSessions, live: LiveSession): boolean {
  const { policy, rotation, keepsSessions } = sessions.engine
  const { record } = live
  if (policy.rotateEveryMs === undefined || record === undefined || keepsSessions) return false
  if (!sessions.hasBrought(live) || sessions.isPassive || !isAllowed(sessions, live)) return false
  const since = rotation.rotatedAt(record.rotation) ?? record.createdAt
  // A clock that was set back is no reason to keep an id for longer.
  return Math.abs(sessions.engine.now() - since) >= policy.rotateEveryMs
}

/** Whether the response is to carry the session's cookie. */
export function isCookieDue(sessions: RequestSessions, live: LiveSession, isChanged: boolean): boolean {
  const isModified = isChanged || live.hasSavedChanges || live.isSuccessor
  const isDue = sessions.hasBrought(live)
    ? isRenewalDue(sessions, live, isModified)
    : live.record !== undefined || isModified || isSaveDue(sessions, live)
  return isDue && isAllowed(sessions, live)
}

/** Writes the `Set-Cookie` of a session, its lifetime counted from now. */
export function writeCookie({ engine, carrier, brought }: RequestSessions, live: LiveSession): string {
  const signer = engine.signer(carrier.secret)
  live.renew()
  // Signing costs more than all the rest, so a visitor who comes again is given what was worked out before.
  const known = brought?.id === live.id ? brought.cookieValue : undefined
  const value = known ?? signer.write(live.id)
  if (brought?.id === live.id) brought.cookieValue = value
  return live.ownCookie === undefined
    ? engine.cookies.write(value, carrier, live.maxAge)
    : live.ownCookie.write({ name: engine.cookies.name, value })
}

/** Decides the cookie of a head that leaves before the end of its response. Answers undefined where none is due. */
export function announceCookie(sessions: RequestSessions, live: LiveSession): string | undefined {
  if (!isCookieDue(sessions, live, live.changes() !== undefined)) return undefined
  const { engine } = sessions
  const { record } = live
  live.isAnnounced = true
  if (record !== undefined) live.follow(idByNow(engine, live.id, record))
  // The end of a stream finds out for sure, and then the cookie has left.
  return record !== undefined && engine.isKnownEnded(record) ? undefined : writeCookie(sessions, live)
}

/** Writes the `Set-Cookie` that takes the cookie away from a visitor who has brought one. */
export function writeDeletion({ engine, carrier, brought }: RequestSessions): string | undefined {
  return brought && engine.cookies.writeDeletion(carrier)
}

function isRenewalDue(sessions: RequestSessions, live: LiveSession, isModified: boolean): boolean {
  const isRenewing = sessions.engine.policy.rolling || (isModified && live.maxAge !== null)
  if (isRenewing && !sessions.isPassive) return true
  if (live.hasNewLifetime || live.hasSavedLifetime) return true
  return sessions.brought?.isNewestSecret === false
}

function isAllowed({ engine, carrier }: RequestSessions, { ownCookie }: LiveSession): boolean {
  const { cookies } = engine
  const isAllowed =
    ownCookie === undefined ? cookies.isAllowed(carrier) : !ownCookie.secure || carrier.isSecure
  if (!isAllowed) warnInsecure(cookies.name)
  return isAllowed
}
