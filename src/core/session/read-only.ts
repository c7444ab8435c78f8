import { SojournError } from '../report/errors.ts'
import { actionsOf, type Session } from './session.ts'

/** A copy of a session that cannot be changed: its data, its handle and who is signed in. */
export type ReadOnlySession<Data extends object> = Readonly<Partial<Data>> &
  Pick<Session, 'handle' | 'subject' | 'authenticatedAt'>

/**
 * Makes a read-only copy of a session. Objects and lists inside its data refuse changes too. Each access to another object
 * that can be changed, such as a date or a map, returns a copy of it.
 */
export function readOnly<Data extends object>(session: Session): ReadOnlySession<Data> {
  const { handle, subject, authenticatedAt } = actionsOf(session)
  const { cookie: _cookie, ...data } = session
  // The application's own data wins, as in every session. The application declares its type, and the library does not check it.
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
      'Change it in a route that has a visit, whose response can still carry a cookie.',
  )
}
