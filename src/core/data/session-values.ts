import { Cookie } from '../cookies/cookie.ts'
import { SojournError } from '../report/errors.ts'
import { isReserved, type SessionContents, type SessionValues } from './codec.ts'

/** Reads the application's data from a session that a store for express-session has returned. */
export function valuesOf(session: object): SessionValues {
  const values: SessionValues = {}
  // Inherited properties count too, because some stores return instances of their own class.
  for (const name in session) {
    if (!isReserved(name)) values[name] = Reflect.get(session, name)
  }
  return values
}

/**
 * Gives a configured cookie the stored lifetime of a session. The other attributes stay as configured, so that a stricter
 * configuration also applies to existing sessions.
 *
 * @throws SojournError `RECORD_CORRUPT` for a session without a cookie, which express-session cannot read either.
 */
export function restoreLifetime(cookie: Cookie, session: unknown): Cookie {
  const stored: unknown = Reflect.get(Object(session), 'cookie')
  if (typeof stored !== 'object' || stored === null) {
    throw new SojournError(
      'RECORD_CORRUPT',
      'Cannot read properties of the stored cookie: the record has no `cookie`.',
    )
  }
  const expires: unknown = Reflect.get(stored, 'expires')
  const maxAge: unknown = Reflect.get(stored, 'originalMaxAge')
  cookie.expires = typeof expires === 'string' || expires instanceof Date ? new Date(expires) : null
  cookie.originalMaxAge = typeof maxAge === 'number' ? maxAge : null
  return cookie
}

/** Reads the data and the lifetime from a session that a store for express-session has returned. */
export function contentsOf(session: object): SessionContents {
  const { originalMaxAge } = restoreLifetime(new Cookie(), session)
  return { values: valuesOf(session), originalMaxAge }
}
