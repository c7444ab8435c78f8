import type { Engine } from '../../core/engine/engine.ts'
import { warnOnce } from '../../core/report/warnings.ts'
import type { NodeRequest } from './messages.ts'
import { isInside } from './request-path.ts'

/** A middleware, and the host that it was asked for first. */
interface Mounted {
  readonly engine: WeakRef<Engine>
  readonly host: string | undefined
}

/** Enough to notice two that are mounted by mistake. Of an application with one for each tenant no more are noted. */
const mostNoted = 10
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
    const mounted = mountedOn.get(server) ?? []
    if (mounted.length >= mostNoted) return
    const host = headers?.host
    const others = mounted.flatMap(each => (each.host === host ? (each.engine.deref() ?? []) : []))
    if (others.includes(this.#engine)) return
    if (others.some(other => isAtOdds(other, this.#engine))) warnShared(this.#engine.cookies.name)
    mountedOn.set(server, [...mounted, { engine: new WeakRef(this.#engine), host }])
  }
}

/** Whether a browser would send the cookie of one to the other, which cannot read it or finds no session for it. */
function isAtOdds(one: Engine, other: Engine): boolean {
  if (one.cookies.name !== other.cookies.name) return false
  // What a function says for another request nobody knows.
  if (one.cookies.isPerRequest || other.cookies.isPerRequest) return false
  const [path, otherPath] = [one.cookies.pathFor(undefined), other.cookies.pathFor(undefined)]
  if (!isInside(path, otherPath) && !isInside(otherPath, path)) return false
  // Of other stores two may be one place.
  const isApart = one.store !== other.store && one.store.name === 'memory'
  return isApart || !isReadable(one, other)
}

/** Whether one reads what the other signs. Of those that get their secret from each request nobody knows. */
function isReadable(one: Engine, other: Engine): boolean {
  const isKnown = [one, other].every(({ policy }) => policy.ring !== undefined || policy.secrets.length > 0)
  return !isKnown || one.configuredSigner.read(other.configuredSigner.write('probe')) !== undefined
}

function warnShared(name: string): void {
  warnOnce(
    'SOJOURN_NAME',
    `Expected each \`session()\` of a server to have a cookie name of its own, got two for \`${name}\` with different stores or secrets: they sign people out of each other. ` +
      'Give one of them another `name`, or both the same store and secret.',
  )
}
