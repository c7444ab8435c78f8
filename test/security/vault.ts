import { createSessions, type KeyedOptions } from '../../src/adapters/create-sessions.ts'
import type { KeyOptions } from '../../src/core/keys/key-options.ts'
import type { SessionsOptions } from '../../src/core/policy/options.ts'
import type { SessionRecord } from '../../src/core/record/store.ts'
import type { Sessions } from '../../src/core/sessions.ts'
import type { Outcome } from '../../src/core/visit/find-session.ts'

export type { Anything } from '../core/stage.ts'

import { type FakeClock, fakeClock } from '../../src/testing/fake-clock.ts'
import { type Anything, atOnce, later, Visitor } from '../core/stage.ts'
import { WatchedStore } from '../core/watched-store.ts'

export const newKey: KeyOptions = { id: '2031', secret: 'the newer of two keys, long enough to seal with' }
export const oldKey: KeyOptions = { id: '2030', secret: 'the older of two keys, long enough to seal with' }
export const plainSecret = 'the plain secret of an application that comes from express-session'

/** Both ways in which a store answers, and both ways in which it can be sealed. */
export const vaults = (['server', 'visitor'] as const).flatMap(seal => [
  { seal, kind: 'a store in this process', traits: atOnce },
  { seal, kind: 'a store over a network', traits: later },
])

/** One store and one clock, for as many managers as an application has had, one after the other. */
export class Vault {
  readonly clock: FakeClock = fakeClock()
  readonly store: WatchedStore

  constructor(traits: WatchedStore['traits'] = atOnce) {
    this.store = new WatchedStore(this.clock, traits)
  }

  /** The application as it is started with these options. */
  start(options: Partial<SessionsOptions>): Application {
    const { store, clock } = this
    const keyed = { store, clock, idle: '20m', touchEvery: '1m', ...options } as KeyedOptions
    return new Application(createSessions<Anything>(keyed))
  }

  /** The one record that there is. */
  get record(): SessionRecord {
    const [record, ...others] = this.store.records()
    if (record === undefined || others.length > 0) throw new Error('Expected exactly one record.')
    return record
  }

  /** What somebody does who can write to the database: puts something else in the place of a record. */
  forge(record: SessionRecord, changes: Partial<Record<keyof SessionRecord, unknown>>): void {
    this.store.inner.delete(record.key)
    this.store.inner.create({ ...record, ...changes } as SessionRecord)
  }
}

/** One start of an application. */
export class Application {
  readonly sessions: Sessions<Anything>

  constructor(sessions: Sessions<Anything>) {
    this.sessions = sessions
  }

  visitor(cookie?: string): Visitor {
    return new Visitor(this.sessions, cookie)
  }

  /** Somebody comes for the first time, and leaves something. */
  async newcomer(data: Anything): Promise<Visitor> {
    const visitor = this.visitor()
    await visitor.request(session => Object.assign(session, data))
    return visitor
  }
}

/** What a cookie is worth: the outcome, and the names of what stands in the session. */
export interface Worth {
  readonly outcome: Outcome
  readonly names: readonly string[]
}

/** Presents a cookie to an application, and looks into the session without changing anything. */
export async function presented(application: Application, cookie: string | undefined): Promise<Worth> {
  const visit = await application.visitor(cookie).arrive()
  return { outcome: visit.outcome, names: Object.keys(visit.session ?? {}).filter(name => name !== 'cookie') }
}

/** The id in a cookie that a key has signed. */
export function idIn(cookie: string | undefined): string {
  const value = decodeURIComponent(cookie?.split('=', 2)[1] ?? '')
  return value.slice(value.indexOf('.') + 1, value.lastIndexOf('.'))
}

/** The id of the key that has sealed some data. */
export function sealedBy({ data }: SessionRecord): string {
  if (typeof data === 'string') return 'nobody'
  return Buffer.from(data.subarray(2, 2 + (data[1] ?? 0))).toString('latin1')
}
