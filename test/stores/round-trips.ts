import { createSessions, type RecordStore, type SessionsOptions } from 'sojourn'
import { expect, test } from 'vitest'
import { type Anything, secret, type TestSession, Visitor } from '../core/stage.ts'
import type { RoundTrips } from '../support/round-trips.ts'

/** A store whose connection goes through a counter. */
export interface CountedStore {
  readonly store: RecordStore
  readonly trips: RoundTrips
}

interface Measured {
  readonly trips: number
  readonly options?: Pick<SessionsOptions, 'maxPerSubject'>
  /** The request before the one that is measured. */
  before(session: TestSession): unknown
  measured(session: TestSession): unknown
}

/** The first times the server is given what it keeps: scripts, or statements on each connection. */
const timesUntilKnown = 5

const read = (): void => undefined
const write = (session: TestSession): void => {
  session['count'] = Number(session['count'] ?? 0) + 1
}
const signIn = (session: TestSession): Promise<unknown> => session.signIn('ada')

const requests: { readonly [name: string]: Measured } = {
  'a visitor without a sign-in reads': { trips: 1, before: write, measured: read },
  'a signed-in visitor reads': { trips: 1, before: signIn, measured: read },
  'a visitor without a sign-in writes': { trips: 2, before: write, measured: write },
  'a signed-in visitor writes': { trips: 2, before: signIn, measured: write },
  'a visitor with a session signs in': { trips: 4, before: write, measured: signIn },
  'a visitor with a session signs in where the number of sessions is limited': {
    trips: 5,
    options: { maxPerSubject: 5 },
    before: write,
    measured: signIn,
  },
}

/** Proves how often a request waits for its store, which is as many times as the network is slow. */
export function tellOfRoundTrips(opened: () => CountedStore): void {
  test.each(Object.entries(requests))('%s', async (_name, { trips: most, options, before, measured }) => {
    const { store, trips } = opened()
    const sessions = createSessions<Anything>({ secret, store, ...options })
    const counts: number[] = []
    for (let time = 0; time < timesUntilKnown; time += 1) {
      const visitor = new Visitor(sessions, undefined)
      await visitor.request(before)
      trips.reset()
      await visitor.request(measured)
      counts.push(trips.count)
    }
    expect(Math.min(...counts)).toBeGreaterThan(0)
    expect(Math.min(...counts)).toBeLessThanOrEqual(most)
  })

  test.each([
    ['list', 1],
    ['endAll', 2],
  ] as const)('an administrator calls %s', async (verb, most) => {
    const { store, trips } = opened()
    const sessions = createSessions<Anything>({ secret, store })
    for (let time = 0; time < timesUntilKnown; time += 1) {
      for (let device = 0; device < 3; device += 1) await new Visitor(sessions, undefined).request(signIn)
      trips.reset()
      await sessions.of('ada')[verb]()
    }
    expect(trips.count).toBe(most)
  })
}
