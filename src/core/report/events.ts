import { type Channel, channel } from 'node:diagnostics_channel'
import type { SojournError } from './errors.ts'

/** What every event tells. The handle names the session and cannot be used as an id; strangers have none. */
export interface SessionEvent {
  readonly handle: string | undefined
}

/** A store that did not do what it was asked. */
export interface StoreFailedEvent extends SessionEvent {
  readonly error: SojournError
}

/** A cookie of the session's name that was not signed by any of the secrets. */
export interface TamperedEvent extends SessionEvent {
  readonly reason: 'signature' | 'duplicate' | 'record'
}

/** A change that was put onto what another request had stored meanwhile. */
export interface ConflictedEvent extends SessionEvent {
  /** The names of data that both have changed, each in another way. */
  readonly clashes: readonly string[]
}

/** What told a request to be another site's: one of two headers, or a form token that is missing or wrong. */
export type CrossSiteReason = 'sec-fetch-site' | 'origin' | 'token'

/** A request that was refused because another site has made it. Sessions were not asked. */
export interface CrossSiteEvent extends SessionEvent {
  readonly reason: CrossSiteReason
}

/** The names of all events. */
export const eventNames = [
  'opened',
  'created',
  'adopted',
  'saved',
  'conflicted',
  'gone',
  'destroyed',
  'rotated',
  'replayed',
  'signed-in',
  'revoked',
  'missing',
  'expired',
  'tampered',
  'store-failed',
  'cross-site',
] as const

/** What the events tell that tell more than the session. */
interface Details {
  readonly conflicted: ConflictedEvent
  readonly tampered: TamperedEvent
  readonly 'store-failed': StoreFailedEvent
  readonly 'cross-site': CrossSiteEvent
}

/**
 * What happens to sessions, published on `node:diagnostics_channel` under `sojourn:` and the name.
 * No payload ever contains an id.
 *
 * @example
 * import { subscribe } from 'node:diagnostics_channel'
 * subscribe('sojourn:tampered', message => console.warn(message))
 */
export type SessionEvents = {
  readonly [name in (typeof eventNames)[number]]: name extends keyof Details ? Details[name] : SessionEvent
}

const channels = new Map<keyof SessionEvents, Channel>()
for (const name of eventNames) channels.set(name, channel(`sojourn:${name}`))

/** Tells whoever listens. Costs one look-up when nobody does: the payload is made only for listeners. */
export function publish<Name extends keyof SessionEvents>(
  name: Name,
  describe: () => SessionEvents[Name],
): void {
  const listeners = channels.get(name)
  if (listeners?.hasSubscribers) listeners.publish(describe())
}
