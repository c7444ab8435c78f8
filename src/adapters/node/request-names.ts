import { IncomingMessage } from 'node:http'
import { Http2ServerRequest } from 'node:http2'
import { SojournError } from '../../core/errors.ts'
import { visitKey } from '../../core/session.ts'
import type { NodeRequest, RequestHost } from './messages.ts'

/**
 * `session`, `sessionID` and `sessionStore`, as every request has them.
 *
 * They stand on the prototypes of Node's requests, where they are undefined for a request that never met
 * Sojourn: a request then carries one property of its own, which in Express 5 is what a property costs, and
 * a session is read only when somebody looks. The first look makes `session` an ordinary property, so that
 * `delete req.session` and any assignment mean what they say.
 */
const names: PropertyDescriptorMap = {
  [visitKey]: { value: undefined, writable: true, configurable: true },
  session: {
    configurable: true,
    get(this: NodeRequest): unknown {
      return this[visitKey]?.look()
    },
    set(this: NodeRequest, session: unknown): void {
      this[visitKey]?.prepare()
      own(this, 'session', session)
    },
  },
  sessionID: {
    configurable: true,
    get(this: NodeRequest): unknown {
      return this[visitKey]?.id
    },
    set(this: NodeRequest, id: unknown): void {
      const host = this[visitKey]
      if (host === undefined) own(this, 'sessionID', id)
      else host.id = id
    },
  },
  sessionStore: {
    configurable: true,
    get(this: NodeRequest): unknown {
      return this[visitKey]?.store
    },
    set(this: NodeRequest, store: unknown): void {
      own(this, 'sessionStore', store)
    },
  },
}

/** Puts the names onto the prototypes of Node's requests. Doing so again changes nothing. */
export function installRequestNames(): void {
  for (const prototype of [IncomingMessage.prototype, Http2ServerRequest.prototype]) {
    if (!(visitKey in prototype)) Object.defineProperties(prototype, names)
  }
}

/** Connects a request with what answers behind its names. A stand-in for a request, as tests make them, gets them itself. */
export function attachHost(request: NodeRequest, host: RequestHost): void {
  if (!(visitKey in request)) Object.defineProperties(request, names)
  request[visitKey] = host
}

/** Whether a request has a session, or will have one when somebody looks. */
export function hasSession(request: NodeRequest): boolean {
  if (request[visitKey] !== undefined) return true
  return Object.hasOwn(request, 'session') && Boolean(request.session)
}

/**
 * What answers behind the names of a request that has a session.
 *
 * @throws SojournError `OPTION_INVALID` when the session's middleware has not run before.
 */
export function hostOf(request: object, wanted: string): RequestHost {
  const host = (request as NodeRequest)[visitKey]
  if (host !== undefined) return host
  throw new SojournError(
    'OPTION_INVALID',
    `Expected \`${wanted}\` behind the middleware of \`session()\`, got a request that it has not seen. Mount that first.`,
  )
}

/** Gives one request a property of its own, in the place of the inherited name. */
export function own(request: NodeRequest, name: string, value: unknown): void {
  Object.defineProperty(request, name, { value, writable: true, enumerable: true, configurable: true })
}

/** The same for its session, which every request that looks at one needs. */
export function ownSession(request: NodeRequest, session: unknown): void {
  new SessionProperty(request, session)
}

class GivenRequest {
  constructor(request: NodeRequest) {
    // biome-ignore lint/correctness/noConstructorReturn: that is the point, see below.
    return request
  }
}

// A class field is defined on whatever the base constructor answers, past any accessor that it inherits. The
// compiler makes one fast store of that, where `Object.defineProperty` costs as much as all the rest of a look.
class SessionProperty extends GivenRequest {
  session: unknown

  constructor(request: NodeRequest, session: unknown) {
    super(request)
    this.session = session
  }
}
