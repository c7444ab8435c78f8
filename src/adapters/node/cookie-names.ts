import type { Engine } from '../../core/engine/engine.ts'
import { hasSameItems } from '../../core/keys/secret.ts'
import { warnOnce } from '../../core/report/warnings.ts'
import type { NodeRequest } from './messages.ts'
import { isInside } from './request-path.ts'

/** A middleware, by what its visitors' cookies depend on, and the host that it was asked for first. */
interface Mounted {
  readonly engine: Engine
  readonly host: string | undefined
}

const mountedOn = new WeakMap<object, Mounted[]>()

/** Notes on which server a middleware is mounted, and warns where another one there has the same cookie. */
export class CookieNames {
  readonly #engine: Engine
  /** The server of the last request, so that most requests cost one comparison. */
  #server: unknown

  constructor(engine: Engine) {
    this.#engine = engine
  }

  note({ socket, headers }: Partial<NodeRequest>): void {
    const server: unknown = Reflect.get(Object(socket), 'server')
    if (server === this.#server || typeof server !== 'object' || server === null) return
    this.#server = server
    const others = mountedOn.get(server) ?? []
    if (others.some(({ engine }) => engine === this.#engine)) return
    const mounted = { engine: this.#engine, host: headers?.host }
    if (others.some(other => isAtOdds(other, mounted))) warnShared(this.#engine.cookies.name)
    mountedOn.set(server, [...others, mounted])
  }
}

/** Whether a browser would send the cookie of one to the other, which cannot read it or finds no session for it. */
function isAtOdds(one: Mounted, other: Mounted): boolean {
  const { cookies, policy, store } = one.engine
  const { cookies: otherCookies, policy: otherPolicy, store: otherStore } = other.engine
  if (cookies.name !== otherCookies.name || one.host !== other.host) return false
  // What a function says for another request nobody knows.
  if (cookies.isPerRequest || otherCookies.isPerRequest) return false
  const [path, otherPath] = [cookies.pathFor(undefined), otherCookies.pathFor(undefined)]
  if (!isInside(path, otherPath) && !isInside(otherPath, path)) return false
  const isAlike = hasSameItems(policy.secrets, otherPolicy.secrets) && policy.ring === otherPolicy.ring
  return store !== otherStore || !isAlike
}

function warnShared(name: string): void {
  warnOnce(
    'SOJOURN_NAME',
    `Expected each \`session()\` of a server to have a cookie name of its own, got two for \`${name}\` with different stores or secrets: they sign people out of each other. ` +
      'Give one of them another `name`, or both the same store and secret.',
  )
}
