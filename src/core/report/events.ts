import { type Channel, channel } from 'node:diagnostics_channel'
import type { SojournError } from './errors.ts'

/** The payload of every event. The handle names the session and cannot be used as an id; undefined without a session. */
export interface SessionEvent {
  readonly handle: string | undefined
}

/** A call of the store has failed. */
export interface StoreFailedEvent extends SessionEvent {
  readonly error: SojournError
}

/** A cookie with a wrong signature, several cookies of the session's name, or a record that cannot be trusted. */
export interface TamperedEvent extends SessionEvent {
  readonly reason: 'signature' | 'duplicate' | 'record'
}

/** A request has merged its changes into those that another request had stored meanwhile. */
export interface ConflictedEvent extends SessionEvent {
  /** The names of data that both have changed to different values. */
  readonly clashes: readonly string[]
}

/** Why a request was refused as cross-site: because of a header, or of a form token that is missing or wrong. */
export type CrossSiteReason = 'sec-fetch-site' | 'origin' | 'token'

/** A request was refused as cross-site. Its session is not part of the event. */
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

/** The payloads of events that have more than a handle. */
interface Details {
  readonly conflicted: ConflictedEvent
  readonly tampered: TamperedEvent
  readonly 'store-failed': StoreFailedEvent
  readonly 'cross-site': CrossSiteEvent
}

/**
 * The payloads of all events. Each event is published on `node:diagnostics_channel` under `sojourn:` and its name.
 * No payload contains an id.
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

/** Publishes an event. Without a listener this costs one look-up: the payload is made only for listeners. */
export function publish<Name extends keyof SessionEvents>(
  name: Name,
  describe: () => SessionEvents[Name],
): void {
  const listeners = channels.get(name)
  if (listeners?.hasSubscribers) listeners.publish(describe())
}
