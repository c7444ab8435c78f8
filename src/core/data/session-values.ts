import { Cookie } from '../cookies/cookie.ts'
import { SojournError } from '../report/errors.ts'
import { isReserved, type SessionContents, type SessionValues } from './codec.ts'

/** Takes the application's data out of a session as a store for express-session hands it over. */
export function valuesOf(session: object): SessionValues {
  const values: SessionValues = {}
  // Inherited properties count too: some stores answer objects of a class of their own.
  for (const name in session) {
    if (!isReserved(name)) values[name] = Reflect.get(session, name)
  }
  return values
}

/**
 * Gives a configured cookie the lifetime that was stored with a session. The other attributes stay as they
 * are configured now, so that hardening the configuration reaches the people who are signed in.
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

/** Takes the data and the lifetime out of a session as a store for express-session hands it over. */
export function contentsOf(session: object): SessionContents {
  const { originalMaxAge } = restoreLifetime(new Cookie(), session)
  return { values: valuesOf(session), originalMaxAge }
}
