import { describe, expect, test } from 'vitest'
import { hearEvents, namesOf } from '../heard-events.ts'
import { hour, minute, settle, type TestSession, type TestVisit, type Visitor } from '../stage.ts'
import {
  commit,
  failureOf,
  known,
  signedIn,
  stored,
  stores,
  type TwoManagers,
  twoManagers,
} from './two-managers.ts'

type Ending = readonly [what: string, end: (ada: Visitor, at: TwoManagers) => Promise<unknown>]

/** Every way to end a session, in another process. */
const endings: readonly Ending[] = [
  ['destroyed', (ada, at) => at.elsewhere(ada).request(session => session.destroy())],
  ['regenerated', (ada, at) => at.elsewhere(ada).request(session => session.regenerate())],
  ['signed out', (ada, at) => at.elsewhere(ada).request(session => session.signOut())],
  ['signed in again', (ada, at) => at.elsewhere(ada).request(session => session.signIn('eve'))],
  ['ended by its handle', (ada, at) => at.other.end(at.other.handleOf(ada.id))],
  ['ended with all of its subject', (_ada, at) => at.other.of('ada').endAll()],
]

type Doing = readonly [what: string, work: (session: TestSession) => unknown]

/** Everything that a request can do to a session that it holds. */
const doings: readonly Doing[] = [
  ['changes it', session => void (session['slow'] = 1)],
  ['changes its lifetime', session => void (session.cookie.maxAge = minute)],
  ['saves it', session => session.save()],
  ['updates it', session => session.update(own => void (own['slow'] = 1))],
  ['rotates it', session => session.rotate()],
  ['reloads it', session => session.reload()],
  ['regenerates it', session => session.regenerate()],
  ['ends it too', session => session.destroy()],
  ['signs somebody in', session => session.signIn('ada')],
  ['does nothing', () => undefined],
]

const settings = { rolling: true, cookie: { maxAge: hour }, touchEvery: '1m' } as const
const pairs = endings.flatMap(([ending, end]) =>
  doings.map(([doing, work]) => ({ ending, end, doing, work })),
)

describe.each(stores)('with a store that %s', (_kind, traits) => {
  test.each(pairs)('a session that was $ending stays so for a request that $doing', async ({ end, work }) => {
    const at = twoManagers(settings, traits)
    const ada = await signedIn(at)
    const { id } = ada
    const slow = await ada.arrive()
    await end(ada, at)
    at.clock.advance(2 * minute)
    await failureOf(() => work(slow.session!))
    const { setCookie } = await commit(slow)
    expect(setCookie ?? '').not.toContain(encodeURIComponent(id))
    expect(at.store.records().map(({ key }) => key)).not.toContain(at.one.handleOf(id))
    expect((await at.elsewhere(ada).arrive()).outcome).not.toBe('found')
  })

  test.each(['save', 'update', 'rotate'] as const)(
    'a session that ends while %s is on its way to the store stays ended, and the application is told',
    async method => {
      const at = twoManagers(settings, traits)
      const ada = await known(at)
      const slow = await ada.arrive()
      const gate = at.store.hold('replace')
      slow.session!['slow'] = 1
      const working = failureOf(() =>
        method === 'update' ? slow.session!.update(own => void (own['n'] = 1)) : slow.session![method](),
      )
      await gate.reached
      await at.elsewhere(ada).request(session => session.destroy())
      gate.open()
      expect(await working).toBe('SESSION_GONE')
      expect([(await commit(slow)).setCookie, at.store.records()]).toEqual([undefined, []])
    },
  )

  test.each(['hold', 'holdAnswer'] as const)(
    'a touch concurrent with a logout prolongs nothing (%s)',
    async held => {
      const at = twoManagers(settings, traits)
      const ada = await known(at)
      const slow = await ada.arrive()
      at.clock.advance(2 * minute)
      const gate = at.store[held]('touch')
      const committing = commit(slow)
      await gate.reached
      await at.elsewhere(ada).request(session => session.destroy())
      gate.open()
      expect([(await committing).setCookie, slow.outcome, at.store.records()]).toEqual([
        undefined,
        'revoked',
        [],
      ])
    },
  )

  test('a touch after a logout is reported, even when no cookie is due', async () => {
    const at = twoManagers({ touchEvery: '1m' }, traits)
    const ada = await known(at)
    const slow = await ada.arrive()
    expect(slow.session?.['user']).toBe('ada')
    at.clock.advance(2 * minute)
    await at.elsewhere(ada).request(session => session.destroy())
    const heard = hearEvents()
    await commit(slow)
    expect([slow.outcome, at.store.records(), namesOf(heard)]).toEqual(['revoked', [], ['gone']])
  })

  test('a session that is destroyed while another request loads it is gone for that request and from the store', async () => {
    const at = twoManagers(settings, traits)
    const ada = await known(at)
    const gate = at.store.holdAnswer('load')
    const visit = ada.begin()
    const opening = visit.open()
    await gate.reached
    await at.elsewhere(ada).request(session => session.destroy())
    gate.open()
    await opening
    visit.session!['slow'] = 1
    const heard = hearEvents()
    expect((await commit(visit)).setCookie).toBeUndefined()
    expect([visit.outcome, at.store.records(), namesOf(heard)]).toEqual(['revoked', [], ['gone']])
  })

  test('of two concurrent regenerations one begins a session, and the other leaves nothing', async () => {
    const at = twoManagers(settings, traits)
    const ada = await known(at)
    const visits = [await ada.arrive(), await at.elsewhere(ada).arrive()]
    await Promise.all(visits.map(visit => visit.session!.regenerate()))
    for (const [index, visit] of visits.entries()) visit.session!['winner'] = index
    const answers = await Promise.all(visits.map(commit))
    expect(answers.filter(({ setCookie }) => setCookie !== undefined)).toHaveLength(1)
    expect(at.store.records()).toHaveLength(1)
    expect(visits.map(({ outcome }) => outcome)).toContain('found')
  })

  test.each(['regenerate', 'destroy'] as const)(
    'the old id never survives a concurrent regeneration and logout, %s first',
    async first => {
      const at = twoManagers(settings, traits)
      const ada = await known(at)
      const { id } = ada
      const slow = await ada.arrive()
      const gate = at.store.hold('delete')
      const working = slow.session![first]()
      await gate.reached
      const second = first === 'destroy' ? 'regenerate' : 'destroy'
      await at.elsewhere(ada).request(session => session[second]())
      gate.open()
      await working
      await commit(slow)
      expect(at.store.records().length).toBeLessThanOrEqual(1)
      expect(at.store.records().map(({ key }) => key)).not.toContain(at.one.handleOf(id))
    },
  )

  test.each(['regenerate', 'signIn'] as const)(
    'a process that dies between the old session and the new one leaves none (%s)',
    async method => {
      const at = twoManagers(settings, traits)
      const ada = await known(at)
      const slow = await ada.arrive()
      const gate = at.store.hold('create')
      void (method === 'signIn'
        ? slow.session!.signIn('ada')
        : slow.session!.regenerate().then(() => slow.commit()))
      await gate.reached
      expect(at.store.records()).toEqual([])
      expect((await at.elsewhere(ada).arrive()).outcome).toBe('missing')
    },
  )

  test('a session that was evicted is not stored again by a request under way', async () => {
    const at = twoManagers(settings, traits)
    const ada = await known(at)
    const slow = await ada.arrive()
    at.store.inner.clear()
    slow.session!['slow'] = 1
    expect([(await commit(slow)).setCookie, slow.outcome, at.store.records()]).toEqual([
      undefined,
      'revoked',
      [],
    ])
  })

  test('a session that expires in this millisecond is not stored again by a request under way', async () => {
    for (const [spanMs, outcome] of [
      [11 * minute - 1, 'found'],
      [11 * minute, 'revoked'],
    ] as const) {
      const at = twoManagers({ idle: '10m', touchEvery: '1m' }, traits)
      const ada = await known(at)
      const slow = await ada.arrive()
      at.clock.advance(spanMs)
      slow.session!['slow'] = 1
      await commit(slow)
      expect([slow.outcome, at.store.records().length]).toEqual([outcome, outcome === 'found' ? 1 : 0])
    }
  })

  test('a change after the end is dropped with an event, or fails, as configured', async () => {
    for (const [onGone, error] of [
      ['drop', undefined],
      ['fail', 'SESSION_GONE'],
    ] as const) {
      const at = twoManagers({ onGone }, traits)
      const ada = await known(at)
      const slow = await ada.arrive()
      await at.elsewhere(ada).request(session => session.destroy())
      slow.session!['slow'] = 1
      const heard = hearEvents()
      expect((await commit(slow)).error).toBe(error)
      expect(namesOf(heard)).toEqual(['gone'])
    }
  })

  test('the loser of two regenerations gets an error when changes after the end fail', async () => {
    const at = twoManagers({ onGone: 'fail' }, traits)
    const ada = await known(at)
    const slow = await ada.arrive()
    await at.elsewhere(ada).request(session => session.regenerate())
    expect(await failureOf(() => slow.session!.regenerate())).toBe('SESSION_GONE')
  })

  test('an ended session of a subject cannot be reloaded by a request under way, in the index or not', async () => {
    const at = twoManagers({}, traits)
    const ada = await signedIn(at)
    const slow = await ada.arrive()
    at.store.next('list the sessions of a subject', () => [] as never)
    await at.other.of('ada').endAll()
    expect(await failureOf(() => slow.session!.reload())).toBe('SESSION_NOT_FOUND')
  })

  test('a call after the response has left cannot change the id, which the visitor would not learn', async () => {
    for (const method of ['rotate', 'signIn'] as const) {
      const at = twoManagers({}, traits)
      const ada = await known(at)
      const visit: TestVisit = await ada.request()
      const { session } = visit
      const failure = await failureOf(() =>
        method === 'signIn' ? session!.signIn('ada') : session!.rotate(),
      )
      expect(failure).toBe('HEAD_SENT')
      expect((await ada.arrive()).outcome).toBe('found')
    }
  })

  test('a logout that the store never answers does not pretend to succeed, and clears no cookie', async () => {
    const at = twoManagers({ deadline: '1s' }, traits)
    const ada = await known(at)
    const visit = await ada.arrive()
    const [gate, second] = [at.store.hold('delete'), at.store.hold('delete')]
    const ending = failureOf(() => visit.session!.destroy())
    await gate.reached
    at.clock.advance(1000)
    expect(await ending).toBe('STORE_TIMED_OUT')
    const committing = commit(visit)
    await second.reached
    at.clock.advance(1000)
    expect(await committing).toEqual({ setCookie: undefined, error: 'STORE_TIMED_OUT' })
    gate.open()
    await settle()
    expect(stored(at.store)).toEqual([])
  })
})

describe.each(stores)('a session that is missing from a store that %s', (_kind, traits) => {
  const endings: readonly (readonly [string, (session: TestSession) => unknown])[] = [
    ['destroy', session => session.destroy()],
    ['signOut', session => session.signOut()],
  ]

  test.each(endings)(
    'is removed all the same by %s, once, and the browser deletes its cookie',
    async (_name, end) => {
      const at = twoManagers({}, traits)
      const ada = await known(at)
      at.store.next('load', () => undefined as never)
      at.store.forgetCalls()
      const visit = await ada.request(session => end(session))
      expect([visit.outcome, visit.setCookie]).toEqual(['missing', expect.stringMatching(/; Max-Age=0;/)])
      expect([at.store.calls, at.store.records()]).toEqual([['load', 'delete'], []])
    },
  )

  test.each(endings)('is not logged out by %s while the store cannot remove it', async (_name, end) => {
    const at = twoManagers({}, traits)
    const ada = await known(at)
    const visit = await ada.arrive()
    at.store.next('load', () => undefined as never)
    const late = await ada.arrive()
    at.store.fail('delete')
    at.store.fail('delete')
    expect(await failureOf(() => end(late.session as TestSession))).toBe('STORE_FAILED')
    expect(late.setCookie).toBeUndefined()
    await commit(visit)
  })

  test.each(endings)('causes no store call by a stranger or a forger with %s', async (_name, end) => {
    const at = twoManagers({}, traits)
    await known(at)
    at.store.forgetCalls()
    for (const cookie of [undefined, 'connect.sid=s%3Aforged.signature']) {
      await at.visitor(cookie).request(session => end(session))
    }
    expect(at.store.calls).toEqual([])
  })
})
