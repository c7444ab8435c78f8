import { describe, expect, test } from 'vitest'
import { presets } from '../../../src/core/policy/presets.ts'
import { hour, minute, stage, type TestSession } from '../stage.ts'
import { commit, known, signedIn, stores, twoManagers } from './two-managers.ts'

const day = 24 * hour

/** The most that NIST SP 800-63B-4 allows without activity, and in all. */
const figures = [
  { preset: 'nist-aal1', idleMs: Number.POSITIVE_INFINITY, absoluteMs: 30 * day },
  { preset: 'nist-aal2', idleMs: hour, absoluteMs: day },
  { preset: 'nist-aal3', idleMs: 15 * minute, absoluteMs: 12 * hour },
] as const

describe.each(stores)('with a store that %s', (_kind, traits) => {
  test('a session expires after its idle timeout plus `touchEvery`, to the millisecond', async () => {
    for (const [spanMs, outcome] of [
      [21 * minute - 1, 'found'],
      [21 * minute, 'expired'],
    ] as const) {
      const at = twoManagers({ idle: '20m', touchEvery: '1m' }, traits)
      const ada = await known(at)
      at.clock.advance(spanMs)
      expect((await ada.arrive()).outcome).toBe(outcome)
    }
  })

  test('the core refuses an expired record that the store answers', async () => {
    for (const times of [{ expiresAt: 0 }, { createdAt: 0 }]) {
      const at = twoManagers({ absolute: '8h' }, traits)
      const ada = await known(at)
      const [record] = at.store.records()
      at.store.next('load', () => ({ ...record, ...times }) as never)
      const visit = await ada.arrive()
      expect([visit.outcome, visit.session?.['user']]).toEqual(['expired', undefined])
    }
  })

  test('a shortened idle timeout counts for existing sessions', async () => {
    for (const [before, after] of [
      [{ idle: '8h' }, { idle: '20m' }],
      [{ cookie: { maxAge: 8 * hour } }, { cookie: { maxAge: 20 * minute } }],
      [{ cookie: { maxAge: 8 * hour } }, { idle: '20m', cookie: { maxAge: 8 * hour } }],
    ] as const) {
      const at = twoManagers(before, traits)
      const ada = await known(at)
      const { clock, store } = at
      clock.advance(21 * minute)
      expect((await ada.arrive()).outcome).toBe('found')
      expect(
        (
          await stage({ ...after, clock, store }, traits)
            .visitor(ada.cookie)
            .arrive()
        ).outcome,
      ).toBe('expired')
    }
  })

  test('a session’s own lifetime is not cut to the configured one', async () => {
    const at = twoManagers({ cookie: { maxAge: 20 * minute } }, traits)
    const ada = at.visitor()
    await ada.request(session => {
      session['user'] = 'ada'
      session.cookie.maxAge = 30 * day
    })
    at.clock.advance(29 * day)
    expect((await ada.arrive()).outcome).toBe('found')
  })

  test('a record without an end from the store still expires', async () => {
    for (const expiresAt of [undefined, Number.NaN, Number.POSITIVE_INFINITY]) {
      const at = twoManagers({ idle: '20m' }, traits)
      const ada = await known(at)
      const [record] = at.store.records()
      for (const [spanMs, outcome] of [
        [20 * minute, 'found'],
        [minute, 'expired'],
      ] as const) {
        at.clock.advance(spanMs)
        at.store.next('load', () => ({ ...record, expiresAt }) as never)
        expect((await ada.arrive()).outcome).toBe(outcome)
      }
    }
  })

  test('a session never expires earlier than promised, whenever its last activity was', async () => {
    for (const idle of ['10s', '1m', '20m', '24h'] as const) {
      for (const part of [0, 0.3, 0.99, 1, 1.7]) {
        const at = twoManagers({ idle }, traits)
        const idleMs = { '10s': 10_000, '1m': minute, '20m': 20 * minute, '24h': day }[idle]
        const ada = await known(at)
        at.clock.advance(Math.floor(part * Math.min(idleMs / 10, minute)))
        await ada.request()
        at.clock.advance(idleMs - 1)
        expect((await ada.arrive()).outcome).toBe('found')
      }
    }
  })

  test('a clock that goes back a day prolongs no session, and activity is recorded as before', async () => {
    const at = twoManagers({ idle: '20m', touchEvery: '1m' }, traits)
    const ada = await known(at)
    at.clock.jump(-day)
    at.store.forgetCalls()
    for (let count = 0; count < 60; count += 1) {
      at.clock.advance(10_000)
      await (count % 2 === 0 ? ada : at.elsewhere(ada)).request()
    }
    expect(at.store.calls.filter(verb => verb === 'touch' || verb === 'replace')).toHaveLength(10)
    at.clock.advance(20 * minute)
    expect((await ada.arrive()).outcome).toBe('found')
    at.clock.advance(minute)
    expect((await ada.arrive()).outcome).toBe('expired')
  })

  test('a clock that goes back prolongs no session when the first request after that changes something', async () => {
    const at = twoManagers({ idle: '20m' }, traits)
    const ada = await known(at)
    at.clock.jump(-day)
    await ada.request(session => Object.assign(session, { page: 2 }))
    at.clock.advance(21 * minute)
    expect((await ada.arrive()).outcome).toBe('expired')
  })

  test('a process whose clock is an hour behind shortens no session, and writes nothing in vain', async () => {
    const at = twoManagers({ idle: '20m' }, traits)
    const ada = await known(at)
    at.clock.jump(-hour)
    at.store.forgetCalls()
    for (let count = 0; count < 10; count += 1) await ada.request()
    expect(at.store.calls).not.toContain('touch')
    at.clock.jump(hour)
    at.clock.advance(20 * minute)
    expect((await ada.arrive()).outcome).toBe('found')
  })

  test('activity is recorded once per `touchEvery`, however many requests and processes there are', async () => {
    const at = twoManagers({ idle: '20m', touchEvery: '1m' }, traits)
    const ada = await known(at)
    at.store.forgetCalls()
    for (let count = 0; count < 60; count += 1) {
      at.clock.advance(10_000)
      await (count % 2 === 0 ? ada : at.elsewhere(ada)).request()
    }
    expect(at.store.calls.filter(verb => verb === 'touch')).toHaveLength(10)
  })

  test('two concurrent touches leave the later of the times', async () => {
    const at = twoManagers({ idle: '20m', touchEvery: '1m' }, traits)
    const ada = await known(at)
    at.clock.advance(2 * minute)
    const slow = await ada.arrive()
    const gate = at.store.hold('touch')
    const committing = commit(slow)
    await gate.reached
    at.clock.advance(minute)
    await at.elsewhere(ada).request()
    const [further] = at.store.records()
    gate.open()
    await committing
    expect(at.store.records()[0]).toEqual(further)
  })

  test('a clock that is set forward ends only sessions that have expired by it, and one that is set back ends none early', async () => {
    const at = twoManagers({ idle: '20m', touchEvery: '1m' }, traits)
    const ada = await known(at)
    at.clock.jump(-hour)
    for (let count = 0; count < 3; count += 1) {
      at.clock.advance(19 * minute)
      expect((await ada.request()).outcome).toBe('found')
    }
    at.clock.jump(20 * minute)
    expect((await ada.request()).outcome).toBe('found')
    at.clock.jump(20 * minute)
    expect((await ada.request()).outcome).toBe('found')
    at.clock.jump(21 * minute)
    expect((await ada.request()).outcome).toBe('expired')
  })

  const polls: readonly (readonly [string, Parameters<typeof twoManagers>[0], object])[] = [
    ['says so on its carrier', {}, { isPassive: true }],
    ['matches the option', { passive: request => request === 'poll' }, { request: 'poll' }],
  ]
  test.each(polls)(
    'a request that %s prolongs nothing, even when it stores a change',
    async (_how, options, carrier) => {
      const at = twoManagers({ idle: '20m', touchEvery: '1m', rolling: true, ...options }, traits)
      const ada = await known(at)
      for (let count = 0; count < 4; count += 1) {
        at.clock.advance(5 * minute)
        const visit = await ada.request(session => Object.assign(session, { seen: count }), carrier)
        expect([visit.outcome, visit.setCookie]).toEqual(['found', undefined])
      }
      at.clock.advance(minute)
      expect((await ada.arrive()).outcome).toBe('expired')
    },
  )

  test('a poll that is marked passive after it began prolongs nothing either', async () => {
    const at = twoManagers({ idle: '20m', touchEvery: '1m' }, traits)
    const ada = await known(at)
    at.clock.advance(20 * minute)
    const visit = await ada.arrive()
    visit.markPassive()
    await visit.commit()
    at.clock.advance(minute)
    expect((await ada.arrive()).outcome).toBe('expired')
  })

  test.each(figures)(
    '$preset ends sessions no later than NIST says, without activity and with it',
    async ({ preset, idleMs, absoluteMs }) => {
      const at = twoManagers({ preset }, traits)
      const idler = await signedIn(at)
      at.clock.advance(Math.min(idleMs, absoluteMs))
      expect((await idler.arrive()).outcome).not.toBe('found')
      const worker = await signedIn(at)
      const stepMs = Math.min(idleMs, 24 * hour) - 2 * minute
      let spentMs = 0
      for (; spentMs + stepMs < absoluteMs; spentMs += stepMs) {
        expect(
          (await worker.request(session => session.update(own => void (own['step'] = spentMs)))).outcome,
        ).toBe('found')
        at.clock.advance(stepMs)
      }
      at.clock.advance(absoluteMs - spentMs - 1)
      const last = await worker.arrive()
      at.clock.advance(1)
      expect((await worker.arrive()).outcome).not.toBe('found')
      // A request that began before the end does not carry the session over it.
      last.session!['late'] = 1
      await commit(last)
      expect((await worker.arrive()).outcome).not.toBe('found')
    },
  )

  test('the timeouts of a preset plus `touchEvery` stay within the figures of its NIST level', () => {
    expect(presets).toEqual({
      'nist-aal1': { absolute: '30d' },
      'nist-aal2': { idle: '59m', absolute: '24h', touchEvery: '1m' },
      'nist-aal3': { idle: '14m', absolute: '12h', touchEvery: '1m' },
    })
  })

  test('the absolute timeout is exact, for any lifetime of the cookie and any writes', async () => {
    const writings: readonly ((session: TestSession) => unknown)[] = [
      () => undefined,
      session => Object.assign(session, { views: 1 }),
      session => void (session.cookie.maxAge = 300 * day),
      session => session.rotate(),
    ]
    for (const write of writings) {
      const at = twoManagers({ absolute: '2h', rolling: true, cookie: { maxAge: 30 * day } }, traits)
      const ada = await known(at)
      at.clock.advance(2 * hour - 1)
      expect((await ada.request(write)).outcome).toBe('found')
      expect(at.store.records()).toHaveLength(1)
      at.clock.advance(1)
      expect((await ada.arrive()).outcome).toBe('expired')
      expect(at.store.records()).toEqual([])
    }
  })

  test('a new sign-in begins the absolute timeout anew, and a new session alone does not', async () => {
    const at = twoManagers({ absolute: '2h' }, traits)
    const ada = await known(at)
    at.clock.advance(hour)
    await ada.request(session => session.signIn('ada'))
    at.clock.advance(hour)
    expect((await ada.arrive()).outcome).toBe('found')
    await ada.request(session => session.regenerate())
    at.clock.advance(hour)
    expect((await ada.arrive()).outcome).not.toBe('found')
  })
})
