import type { SessionRecord } from '../record/store.ts'
import { warnInsecure } from '../report/warnings.ts'
import type { LiveSession } from '../session/live-session.ts'
import { idByNow } from './find-session.ts'
import type { RequestSessions } from './request-sessions.ts'

/** Whether the end of a request must save its session. */
export function isSaveDue({ engine }: RequestSessions, live: LiveSession, changes?: string): boolean {
  const { resave, saveUninitialized } = engine.policy
  const { savedAs } = live
  // As in express-session, a save that the application has tried is not tried again, unless the session has changed.
  const isTold = savedAs !== undefined && (changes ?? savedAs) === savedAs && engine.sendsAnyway
  if (isTold || changes !== undefined) return !isTold
  // An empty session is saved if the application has tried to save it.
  if (live.record === undefined) return saveUninitialized || live.isSuccessor || savedAs !== undefined
  return resave && savedAs === undefined
}

/** Whether the end of a request must record activity. */
export function isTouchDue(
  sessions: RequestSessions,
  live: LiveSession,
  record: SessionRecord<unknown>,
): boolean {
  const { engine } = sessions
  const now = engine.now()
  if (!engine.timeouts.isTouchDue(now, record, live.maxAge) || sessions.isPassive) return false
  // Also a session that this request began and saved some time before its end. A request with an old id prolongs nothing.
  return sessions.hasBrought(live) || (!engine.keepsSessions && !live.isFollowing && record.touchedAt < now)
}

/** Whether the end of a request must record that the visitor has received the new id of a rotation. */
export function isGraceDue(
  sessions: RequestSessions,
  live: LiveSession,
  { rotation }: SessionRecord<unknown>,
): boolean {
  return sessions.hasBrought(live) && sessions.engine.rotation.isUnused(rotation)
}

/** Whether the session's id is old enough to rotate, and the request can rotate it. */
export function isRotationDue(sessions: RequestSessions, live: LiveSession): boolean {
  const { policy, rotation, keepsSessions } = sessions.engine
  const { record } = live
  if (policy.rotateEveryMs === undefined || record === undefined || keepsSessions) return false
  if (!sessions.hasBrought(live) || sessions.isPassive || !isAllowed(sessions, live)) return false
  const since = rotation.rotatedAt(record.rotation) ?? record.createdAt
  // The absolute value, so that a clock that was set back does not delay the rotation.
  return Math.abs(sessions.engine.now() - since) >= policy.rotateEveryMs
}

/** Whether the response must carry the session's cookie. */
export function isCookieDue(sessions: RequestSessions, live: LiveSession, isChanged: boolean): boolean {
  const isModified = isChanged || live.hasSavedChanges || live.isSuccessor
  const isDue = sessions.hasBrought(live)
    ? isRenewalDue(sessions, live, isModified)
    : live.record !== undefined || isModified || isSaveDue(sessions, live)
  return isDue && isAllowed(sessions, live)
}

/** Writes the `Set-Cookie` of a session. Its lifetime begins now. */
export function writeCookie({ engine, carrier, brought }: RequestSessions, live: LiveSession): string {
  const signer = engine.signer(carrier.secret)
  live.renew()
  // Signing costs more than all the rest, so the signed value is remembered with the visitor's verified cookie.
  const known = brought?.id === live.id ? brought.cookieValue : undefined
  const value = known ?? signer.write(live.id)
  if (brought?.id === live.id) brought.cookieValue = value
  return live.ownCookie === undefined
    ? engine.cookies.write(value, carrier, live.maxAge)
    : live.ownCookie.write({ name: engine.cookies.name, value })
}

/** Decides the cookie of a head that leaves before the end of its response. Returns undefined if none is due. */
export function announceCookie(sessions: RequestSessions, live: LiveSession): string | undefined {
  if (!isCookieDue(sessions, live, live.changes() !== undefined)) return undefined
  const { engine } = sessions
  const { record } = live
  live.isAnnounced = true
  if (record !== undefined) live.follow(idByNow(engine, live.id, record))
  // The end of the stream asks the store, but by then the head has left. So this uses what is known without waiting.
  return record !== undefined && engine.isKnownEnded(record) ? undefined : writeCookie(sessions, live)
}

/** Writes the `Set-Cookie` that deletes the cookie of a visitor. Returns undefined if the visitor has none. */
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
