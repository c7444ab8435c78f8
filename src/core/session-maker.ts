import type { Carrier } from './carrier.ts'
import type { Cookie } from './cookie.ts'
import type { Engine } from './engine.ts'
import type { FoundSession } from './find-session.ts'
import { LiveSession, type SessionOwner, type SessionStart } from './live-session.ts'
import { restoreLifetime, valuesOf } from './session-values.ts'
import type { Standing } from './standing.ts'
import type { SessionRecord } from './store.ts'

/** Makes the sessions of one request: empty ones, stored ones, and ones that an application made by hand. */
export class SessionMaker {
  readonly #engine: Engine
  readonly #carrier: Carrier
  readonly #owner: SessionOwner

  constructor(engine: Engine, carrier: Carrier, owner: SessionOwner) {
    this.#engine = engine
    this.#carrier = carrier
    this.#owner = owner
  }

  empty(standing: Standing): LiveSession {
    const id = this.#engine.mintId(this.#carrier.request)
    const stored = this.#engine.encoding.empty
    return this.#make({ id, values: {}, record: undefined, stored, maxAge: undefined, standing })
  }

  fromFound({ id, record, reading }: FoundSession): LiveSession {
    if (reading === undefined) return this.fromData(id, record.data as object, record)
    const { contents, text, isResealDue } = reading
    const { values, originalMaxAge: maxAge } = contents
    const live = this.#make({ id, record, values, stored: text, maxAge })
    live.isResealDue = isResealDue
    return live
  }

  fromData(id: string, data: object, record: SessionRecord<unknown> | undefined): LiveSession {
    const cookie = restoreLifetime(this.cookie(), data)
    const { lifetimeMs: maxAge } = cookie
    return this.#make({ id, record, cookie, maxAge, values: valuesOf(data), stored: undefined })
  }

  cookie(): Cookie {
    return this.#engine.cookies.cookieFor(this.#carrier)
  }

  #make(start: SessionStart): LiveSession {
    return new LiveSession(this.#owner, start, this.#engine.cookies.maxAgeFor(this.#carrier))
  }
}
