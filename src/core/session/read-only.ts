import { SojournError } from '../report/errors.ts'
import { actionsOf, type Session } from './session.ts'

/** A session that nobody can change: its data, and who is signed in. */
export type ReadOnlySession<Data extends object> = Readonly<Partial<Data>> &
  Pick<Session, 'handle' | 'subject' | 'authenticatedAt'>

/**
 * Makes a picture of a session. It refuses changes, also inside of objects and lists. Of whatever else it holds that can be
 * changed, such as dates and maps, it gives copies.
 */
export function readOnly<Data extends object>(session: Session): ReadOnlySession<Data> {
  const { handle, subject, authenticatedAt } = actionsOf(session)
  const { cookie: _cookie, ...data } = session
  // The application's own data wins, as in every session. What its names hold is the application's word.
  return picture({ handle, subject, authenticatedAt, ...data }) as ReadOnlySession<Data>
}

function picture(values: object): object {
  const known = new Map<object, object>()
  // A copy, because a proxy of a frozen object has to answer what that holds.
  return new Proxy(Array.isArray(values) ? [...values] : { ...values }, {
    get: (shown, name) => show(Reflect.get(shown, name), known),
    set: (_shown, name) => refuse(name),
    deleteProperty: (_shown, name) => refuse(name),
    defineProperty: (_shown, name) => refuse(name),
  })
}

function show(value: unknown, known: Map<object, object>): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (!isPlain(value)) return copyOf(value)
  const shown = known.get(value) ?? picture(value)
  known.set(value, shown)
  return shown
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return Array.isArray(value) || prototype === Object.prototype || prototype === null
}

/** What cannot be copied, such as an object of an application's own class, is shown as it is. */
function copyOf(value: object): object {
  try {
    return structuredClone(value)
  } catch {
    return value
  }
}

function refuse(name: string | symbol): never {
  throw new SojournError(
    'SESSION_READ_ONLY',
    `Expected a session from \`sessions.read\` to stay as it is, got a change of \`${String(name)}\`. ` +
      'Change it where the answer can still carry a cookie: in a route that has a visit.',
  )
}
