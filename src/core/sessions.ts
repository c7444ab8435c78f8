import type { Carrier } from './carrier.ts'
import type { Engine } from './engine.ts'
import type { Session } from './session.ts'
import type { SessionData } from './session-data.ts'
import { Visit } from './visit.ts'

/** A visit whose session is known to hold `Data`. */
export type TypedVisit<Data extends object> = Omit<Visit, 'session'> & {
  get session(): (Session & Partial<Data>) | undefined
  set session(session: object | null | undefined)
}

/** The manager of all sessions under one cookie name: what adapters are built on. */
export class Sessions<Data extends object = SessionData> {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** The cookie's name. */
  get name(): string {
    return this.#engine.cookies.name
  }

  /** Begins one request's dealings with its session. Touches neither cookie nor store. */
  visit(carrier: Carrier): TypedVisit<Data> {
    // The types of the data are the application's word; the values are checked by nobody.
    return new Visit(this.#engine, carrier) as TypedVisit<Data>
  }

  /** How a session is named to people and in logs. Says nothing that could be used as an id. */
  handleOf(id: string): string {
    return this.#engine.handleOf(id)
  }
}
