import { SojournError } from '../report/errors.ts'
import { actionsOf, type Session } from './session.ts'

/** A session that nobody can change: its data, and who is signed in. */
export type ReadOnlySession<Data extends object> = Readonly<Partial<Data>> &
  Pick<Session, 'handle' | 'subject' | 'authenticatedAt'>

/** Makes a picture of a session. What is inside its data cannot be changed either. */
export function readOnly<Data extends object>(session: Session): ReadOnlySession<Data> {
  const { handle, subject, authenticatedAt } = actionsOf(session)
  const { cookie: _cookie, ...data } = session
  const picture = { ...freezeInside(data), handle, subject, authenticatedAt }
  // The names of the data are the application's word, as they are for every session.
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
      'Change it where the answer can still carry a cookie: in a route that has a visit.',
  )
}

function freezeInside<Values extends object>(values: Values): Values {
  for (const value of Object.values(values)) {
    if (typeof value === 'object' && value !== null && !Object.isFrozen(value))
      freezeInside(Object.freeze(value))
  }
  return values
}
