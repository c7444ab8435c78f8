import type { Carrier } from './carrier.ts'
import type { Cookie } from './cookie.ts'
import type { Engine } from './engine.ts'
import { jsonCodec } from './json-codec.ts'
import { LiveSession, type SessionKeeper, type SessionStart } from './live-session.ts'
import { restoreLifetime, valuesOf } from './session-values.ts'
import type { SessionRecord } from './store.ts'

/** Makes the sessions of one request: empty ones, stored ones, and ones that an application made by hand. */
export class SessionMaker {
  readonly #engine: Engine
  readonly #carrier: Carrier
  readonly #keeper: SessionKeeper

  constructor(engine: Engine, carrier: Carrier, keeper: SessionKeeper) {
    this.#engine = engine
    this.#carrier = carrier
    this.#keeper = keeper
  }

  empty(): LiveSession {
    const id = this.#engine.mintId(this.#carrier.request)
    return this.#make({ id, values: {}, record: undefined, stored: '{}', maxAge: undefined })
  }

  fromRecord(id: string, record: SessionRecord<unknown>): LiveSession {
    const { data } = record
    if (this.#engine.traits.keepsSessions === true) return this.fromData(id, data as object, record)
    const stored = String(data)
    const { values, originalMaxAge } = jsonCodec.decode(stored)
    return this.#make({ id, record, values, stored, maxAge: originalMaxAge })
  }

  fromData(id: string, data: object, record: SessionRecord<unknown> | undefined): LiveSession {
    const cookie = restoreLifetime(this.cookie(), data)
    const { originalMaxAge: maxAge = null } = cookie
    return this.#make({ id, record, cookie, maxAge, values: valuesOf(data), stored: undefined })
  }

  cookie(): Cookie {
    return this.#engine.cookies.cookieFor(this.#carrier)
  }

  #make(start: SessionStart): LiveSession {
    return new LiveSession(this.#keeper, start, this.#engine.cookies.maxAgeFor(this.#carrier))
  }
}
