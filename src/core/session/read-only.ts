import { SojournError } from '../report/errors.ts'
import { actionsOf, type Session } from './session.ts'

/** A copy of a session that cannot be changed: its data, its handle and who is signed in. */
export type ReadOnlySession<Data extends object> = Readonly<Partial<Data>> &
  Pick<Session, 'handle' | 'subject' | 'authenticatedAt'>

/** Makes a read-only copy of a session. Objects inside its data are frozen too. */
export function readOnly<Data extends object>(session: Session): ReadOnlySession<Data> {
  const { handle, subject, authenticatedAt } = actionsOf(session)
  const { cookie: _cookie, ...data } = session
  const picture = { ...freezeInside(data), handle, subject, authenticatedAt }
  // The application declares the type of its data. The library does not check it.
  return new Proxy(picture, refusals) as unknown as ReadOnlySession<Data>
}

const refusals: ProxyHandler<object> = {
  set: (_picture, name) => refuse(name),
  deleteProperty: (_picture, name) => refuse(name),
  defineProperty: (_picture, name) => refuse(name),
}

function refuse(name: string | symbol): never {
  throw new SojournError(
    'SESSION_READ_ONLY',
    `Expected a session from \`sessions.read\` to stay as it is, got a change of \`${String(name)}\`. ` +
      'Change it in a route that has a visit, whose response can still carry a cookie.',
  )
}

function freezeInside<Values extends object>(values: Values): Values {
  for (const value of Object.values(values)) {
    if (typeof value === 'object' && value !== null && !Object.isFrozen(value))
      freezeInside(Object.freeze(value))
  }
  return values
}
