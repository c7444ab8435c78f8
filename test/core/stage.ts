import { createSessions, type KeyedOptions } from '../../src/adapters/create-sessions.ts'
import type { SessionsOptions } from '../../src/core/policy/options.ts'
import type { StoreTraits } from '../../src/core/record/store.ts'
import type { Sessions, TypedVisit } from '../../src/core/sessions.ts'
import type { Carrier } from '../../src/core/visit/carrier.ts'
import { type FakeClock, fakeClock } from '../../src/testing/fake-clock.ts'
import { WatchedStore, type WatchedTraits } from './watched-store.ts'

/** Sessions that may hold anything. */
export interface Anything {
  [name: string]: unknown
}

export type TestVisit = TypedVisit<Anything>
export type TestSession = NonNullable<TestVisit['session']>

export const minute = 60_000
export const hour = 60 * minute
export const secret = 'a secret that only the tests know'

/** A manager with a watched store and a fake clock. */
export interface Stage {
  readonly clock: FakeClock
  readonly store: WatchedStore
  readonly sessions: Sessions<Anything>
  /** A browser, by default without a cookie. */
  visitor(cookie?: string): Visitor
}

/** How a store over a network answers. */
export const later: StoreTraits = {}
/** How a store on the same machine answers. */
export const writesLater: WatchedTraits = { readsAtOnce: true, writesLater: true }
/** How a store in the same process answers. */
export const atOnce: StoreTraits = { readsAtOnce: true }

export function stage(options: Partial<SessionsOptions> = {}, traits: WatchedTraits = atOnce): Stage {
  const clock = fakeClock()
  const store = new WatchedStore(clock, traits)
  const sessions = createSessions<Anything>({ secret, clock, store, ...options } as KeyedOptions)
  return { clock, store, sessions, visitor: cookie => new Visitor(sessions, cookie) }
}

type Route = (session: TestSession, visit: TestVisit) => unknown

/** A browser: it keeps the cookie of each answer, and brings it with the next request. */
export class Visitor {
  /** The `Cookie` header, or nothing. */
  cookie: string | undefined
  readonly #sessions: Sessions<Anything>

  constructor(sessions: Sessions<Anything>, cookie: string | undefined) {
    this.#sessions = sessions
    this.cookie = cookie
  }

  /** The id that the cookie holds. */
  get id(): string {
    return idOf(this.cookie)
  }

  /** Begins a request without ending it. */
  begin(carrier: Partial<Carrier> = {}): TestVisit {
    return this.#sessions.visit({ cookieHeader: this.cookie, isSecure: true, request: undefined, ...carrier })
  }

  /** Begins a request, and waits until its session is loaded. */
  async arrive(carrier: Partial<Carrier> = {}): Promise<TestVisit> {
    const visit = this.begin(carrier)
    await visit.open()
    return visit
  }

  /** Makes a whole request, and keeps its cookie. */
  async request(route: Route = () => undefined, carrier: Partial<Carrier> = {}): Promise<TestVisit> {
    const visit = await this.arrive(carrier)
    const { session } = visit
    if (session !== undefined) await route(session, visit)
    await visit.commit()
    this.keep(visit.setCookie)
    return visit
  }

  /** Handles a `Set-Cookie` like a browser. */
  keep(setCookie: string | undefined): void {
    if (setCookie === undefined) return
    this.cookie = setCookie.includes('; Max-Age=0;') ? undefined : setCookie.split(';')[0]
  }
}

/** The id in a session cookie. */
export function idOf(cookie: string | undefined): string {
  const value = decodeURIComponent(cookie?.split(';')[0]?.split('=')[1] ?? '')
  return value.slice(2, value.lastIndexOf('.'))
}

/** Waits until everything that does not depend on a gate or the clock has run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve()
}
