import { warnOnce } from '../../core/report/warnings.ts'
import type { Sessions } from '../../core/sessions.ts'
import type { NodeRequest } from './messages.ts'
import { isInside } from './request-path.ts'

/** A middleware, and the host of its first request. */
interface Mounted {
  readonly sessions: WeakRef<Sessions>
  readonly host: string | undefined
}

/** Enough to find two that are mounted by mistake, and a bound for an application with one per tenant. */
const mostNoted = 10
const mountedOn = new WeakMap<object, Mounted[]>()

/** Remembers on which server a middleware runs, and warns if another one there uses the same cookie. */
export class CookieNames {
  readonly #sessions: Sessions
  /** The server of the last request. Because of it, most requests cost only one comparison. */
  #server: unknown

  constructor(sessions: Sessions) {
    this.#sessions = sessions
  }

  note({ socket, headers }: Partial<NodeRequest>): void {
    const server: unknown = Reflect.get(Object(socket), 'server')
    if (server === this.#server || typeof server !== 'object' || server === null) return
    this.#server = server
    const mounted = mountedOn.get(server) ?? []
    if (mounted.length >= mostNoted) return
    const host = headers?.host
    const others = mounted.flatMap(each => (each.host === host ? (each.sessions.deref() ?? []) : []))
    if (others.includes(this.#sessions)) return
    if (others.some(other => meetInVain(other, this.#sessions))) warnShared(this.#sessions.name)
    mountedOn.set(server, [...mounted, { sessions: new WeakRef(this.#sessions), host }])
  }
}

/** Whether a browser would send the cookie of one middleware to the other, which cannot use it. */
function meetInVain(one: Sessions, other: Sessions): boolean {
  // Where a function of the application decides the path, this cannot know it for other requests.
  if (one.terms.isPathPerRequest || other.terms.isPathPerRequest) return false
  const [path, otherPath] = [one.terms.pathFor(undefined), other.terms.pathFor(undefined)]
  return (isInside(path, otherPath) || isInside(otherPath, path)) && one.isAtOddsWith(other)
}

function warnShared(name: string): void {
  warnOnce(
    'SOJOURN_NAME',
    `Expected each \`session()\` of a server to have a cookie name of its own, got two for \`${name}\` with different stores or secrets: they sign people out of each other. ` +
      'Give one of them another `name`, or both the same store and secret.',
  )
}
