import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { onTestFinished } from 'vitest'
import { eventNames, type SessionEvents } from '../../src/core/report/events.ts'

/** One event as a subscriber received it. */
export interface HeardEvent {
  readonly name: keyof SessionEvents
  readonly payload: unknown
}

/** Listens to every event until the test has finished. */
export function hearEvents(): HeardEvent[] {
  const heard: HeardEvent[] = []
  for (const name of eventNames) {
    const listener = (payload: unknown): void => void heard.push({ name, payload })
    subscribe(`sojourn:${name}`, listener)
    onTestFinished(() => void unsubscribe(`sojourn:${name}`, listener))
  }
  return heard
}

/** The names of the events, in order. */
export function namesOf(heard: readonly HeardEvent[]): string[] {
  return heard.map(({ name }) => name)
}
