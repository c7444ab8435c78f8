import { describe, expect, test } from 'vitest'
import { createSessions } from '../../../src/adapters/create-sessions.ts'
import { callbackStore } from '../../../src/stores/callback.ts'
import { ScriptedStore } from '../../stores/scripted-store.ts'
import { Gate } from '../../support/gate.ts'
import { hearEvents, namesOf } from '../heard-events.ts'
import {
  type Anything,
  hour,
  later,
  minute,
  secret,
  settle,
  type TestSession,
  type TestVisit,
  Visitor,
} from '../stage.ts'
import {
  commit,
  delay,
  failureOf,
  known,
  seeded,
  stored,
  stores,
  type TwoManagers,
  twoManagers,
} from './two-managers.ts'

function increment(session: TestSession): void {
  session['views'] = Number(session['views'] ?? 0) + 1
}

/** Fifty concurrent requests, each of which counts twenty times. */
async function countTo1000(ada: Visitor, at: TwoManagers, sides: number): Promise<void> {
  const browsers = Array.from({ length: 50 }, (_, index) => (index % sides === 0 ? ada : at.elsewhere(ada)))
  const visits = await Promise.all(browsers.map(browser => browser.arrive()))
  await Promise.all(
    visits.map(async visit => {
      for (let count = 0; count < 20; count += 1) await visit.session!.update(increment)
      await visit.commit()
    }),
  )
}

describe('a thousand updates by fifty requests count to a thousand', () => {
  const sides = [1, 2] as const
  const cases = stores.flatMap(([kind, traits]) => sides.map(side => ({ kind, traits, sides: side })))
  test.each(cases)('in lockstep, with a store that $kind, in $sides processes', async ({ traits, sides }) => {
    const at = twoManagers({}, traits)
    const ada = await known(at, { user: 'ada' })
    await countTo1000(ada, at, sides)
    expect(stored(at.store)).toEqual({ user: 'ada', views: 1000 })
  })

  test.each([1, 2, 3, 4].flatMap(seed => sides.map(side => ({ seed, sides: side }))))(
    'with slow answers, seed $seed, in $sides processes',
    async ({ seed, sides }) => {
      const at = twoManagers({}, later)
      const ada = await known(at, { user: 'ada' })
      delay(at.store, seeded(seed))
      await countTo1000(ada, at, sides)
      expect(stored(at.store)).toEqual({ user: 'ada', views: 1000 })
    },
  )
})

/** A request under way, and a whole request in another process before the first one ends. */
async function beside(
  at: TwoManagers,
  values: object,
  { slow, fast }: { slow(session: TestSession): unknown; fast(session: TestSession): unknown },
): Promise<TestVisit> {
  const ada = await known(at, values)
  const visit = await ada.arrive()
  await slow(visit.session!)
  await at.elsewhere(ada).request(fast)
  return visit
}

describe.each(stores)('with a store that %s', (_kind, traits) => {
  test.each<
    readonly [string, object, (session: TestSession) => unknown, (session: TestSession) => unknown, object]
  >([
    ['different names', { z: 1 }, s => (s['a'] = 1), s => (s['b'] = 2), { z: 1, a: 1, b: 2 }],
    ['a deletion and a change', { a: 1, b: 1 }, s => delete s['a'], s => (s['b'] = 2), { b: 2 }],
    ['a change and a deletion', { a: 1, b: 1 }, s => (s['b'] = 2), s => delete s['a'], { b: 2 }],
    ['two deletions', { a: 1, b: 1, c: 1 }, s => delete s['a'], s => delete s['b'], { c: 1 }],
    [
      'nested objects',
      { a: { x: 1 }, b: [1] },
      s => (Object(s['a']).x = 2),
      s => Object(s['b']).push(2),
      { a: { x: 2 }, b: [1, 2] },
    ],
    ['one name, the last counts', { a: 1 }, s => (s['a'] = 2), s => (s['a'] = 3), { a: 2 }],
    ['one name, the deletion is last', { a: 1 }, s => delete s['a'], s => (s['a'] = 3), {}],
    ['a name that is read only', { a: 1 }, s => [s['a'], (s['b'] = 1)], s => (s['a'] = 3), { a: 3, b: 1 }],
  ])('two requests that change %s', async (_what, values, slow, fast, expected) => {
    const at = twoManagers({}, traits)
    await commit(await beside(at, values, { slow, fast }))
    expect(stored(at.store)).toEqual(expected)
  })

  test('a hook decides a name that both have changed, and gets the value from before; the event tells the name', async () => {
    const asked: unknown[] = []
    const at = twoManagers(
      {
        onConflict: (key, base, mine, theirs) => {
          asked.push([key, base, mine, theirs])
          return Number(mine) + Number(theirs) - Number(base)
        },
      },
      traits,
    )
    const heard = hearEvents()
    const change = (by: number) => (session: TestSession) =>
      Object.assign(session, { views: Number(session['views']) + by, [`by${by}`]: true, same: 1 })
    await commit(await beside(at, { views: 10 }, { slow: change(1), fast: change(5) }))
    expect(asked).toEqual([['views', 10, 11, 15]])
    expect(stored(at.store)).toEqual({ views: 16, by1: true, by5: true, same: 1 })
    expect(heard.find(({ name }) => name === 'conflicted')?.payload).toMatchObject({ clashes: ['views'] })
  })

  test('a hook that throws fails the request, and the stored data stays', async () => {
    const broken = new Error('of the hook')
    const at = twoManagers(
      {
        onConflict: () => {
          throw broken
        },
      },
      traits,
    )
    const visit = await beside(at, { a: 1 }, { slow: s => (s['a'] = 2), fast: s => (s['a'] = 3) })
    expect((await commit(visit)).error).toBe(broken)
    expect(stored(at.store)).toEqual({ a: 3 })
  })

  test('an update that throws half-way leaves the session as it was, even when it awaits', async () => {
    for (const isAsync of [false, true]) {
      const at = twoManagers({}, traits)
      const ada = await known(at, { list: [1] })
      const visit = await ada.arrive()
      visit.session!['mine'] = 1
      const half = (session: TestSession): never => {
        Object(session['list']).push(2)
        session['half'] = 1
        throw new Error('half-way')
      }
      const asyncHalf = async (session: TestSession): Promise<void> => {
        await settle()
        half(session)
      }
      await expect(visit.session!.update(isAsync ? asyncHalf : half)).rejects.toThrow('half-way')
      expect({ ...visit.session }).toMatchObject({ list: [1], mine: 1 })
      await commit(visit)
      expect(stored(at.store)).toEqual({ list: [1], mine: 1 })
    }
  })

  test('an update that conflicts runs again on the newer data, and its last answer counts', async () => {
    const at = twoManagers({}, traits)
    const ada = await known(at, { views: 1 })
    const visit = await ada.arrive()
    let calls = 0
    const answer = await visit.session!.update(async session => {
      calls += 1
      if (calls === 1) await at.elsewhere(ada).request(increment)
      increment(session)
      return session['views']
    })
    expect([answer, calls, stored(at.store)]).toEqual([3, 2, { views: 3 }])
  })

  test('an update also stores the earlier changes of its request, once', async () => {
    const at = twoManagers({}, traits)
    const ada = await known(at, { views: 1 })
    const visit = await ada.arrive()
    visit.session!['pending'] = 1
    await at.elsewhere(ada).request(session => Object.assign(session, { other: 1 }))
    await visit.session!.update(increment)
    expect(stored(at.store)).toEqual({ views: 2, pending: 1, other: 1 })
    at.store.forgetCalls()
    await commit(visit)
    expect(at.store.calls).toEqual([])
  })

  test('a change that a request makes during its own update is not lost, in either order', async () => {
    const at = twoManagers({}, traits)
    const ada = await known(at, { views: 1 })
    const visit = await ada.arrive()
    const gate = at.store.hold('replace')
    const updating = visit.session!.update(increment)
    await gate.reached
    visit.session!['beside'] = 1
    await at.elsewhere(ada).request(increment)
    gate.open()
    await updating
    await commit(visit)
    expect(stored(at.store)).toEqual({ views: 3, beside: 1 })
  })

  test('a failed update is not stored by the commit, and counts once when repeated', async () => {
    const at = twoManagers({}, traits)
    const ada = await known(at, { views: 1 })
    const visit = await ada.arrive()
    at.store.fail('replace')
    expect(await failureOf(() => visit.session!.update(increment))).toBe('STORE_FAILED')
    expect(visit.session!['views']).toBe(1)
    await visit.session!.update(increment)
    await commit(visit)
    expect(stored(at.store)).toEqual({ views: 2 })
  })

  test('a failed first update of a new session counts once when repeated', async () => {
    const at = twoManagers({}, traits)
    const visit = await at.visitor().arrive()
    at.store.fail('create')
    expect(await failureOf(() => visit.session!.update(increment))).toBe('STORE_FAILED')
    await visit.session!.update(increment)
    await commit(visit)
    expect(stored(at.store)).toEqual({ views: 1 })
  })

  test('an update that keeps conflicting ends in a typed error, and is not stored later', async () => {
    const at = twoManagers({}, traits)
    const ada = await known(at, { views: 1 })
    const visit = await ada.arrive()
    const [record] = at.store.records()
    for (let attempt = 0; attempt < 64; attempt += 1) {
      at.store.next('replace', () => ({ ...record, version: attempt + 100 }) as never)
    }
    expect(await failureOf(() => visit.session!.update(increment))).toBe('CONFLICT_UNRESOLVED')
    expect(visit.session!['views']).toBe(1)
    await commit(visit)
    expect(stored(at.store)).toEqual({ views: 1 })
  })

  test.each<readonly [string, (session: TestSession) => unknown, object]>([
    ['a save', session => Object.assign(session, { fast: 1 }).save(), { views: 2, fast: 1 }],
    ['an update', session => session.update(increment), { views: 3 }],
    ['a rotation', session => session.rotate(), { views: 2 }],
    [
      'a new lifetime',
      session => void (session.cookie.maxAge = 5 * minute),
      { views: 2, cookie: { originalMaxAge: 5 * minute } },
    ],
  ])('an update concurrent with %s: both count', async (_what, fast, expected) => {
    const at = twoManagers({ cookie: { maxAge: hour } }, traits)
    const ada = await known(at, { views: 1 })
    const visit = await ada.arrive()
    const gate = at.store.hold('replace')
    const updating = visit.session!.update(increment)
    await gate.reached
    await at.elsewhere(ada).request(fast)
    gate.open()
    await updating
    await commit(visit)
    expect(stored(at.store)).toEqual(expected)
  })

  test.each(['destroy', 'regenerate', 'signOut'] as const)(
    'an update concurrent with %s fails because the session has ended',
    async method => {
      const at = twoManagers({}, traits)
      const ada = await known(at, { views: 1 })
      const visit = await ada.arrive()
      const gate = at.store.hold('replace')
      const updating = failureOf(() => visit.session!.update(increment))
      await gate.reached
      await at.elsewhere(ada).request(session => session[method]())
      gate.open()
      expect(await updating).toBe('SESSION_GONE')
    },
  )

  test('a passive request that stores a change keeps activity from meanwhile', async () => {
    const at = twoManagers({ idle: '20m', touchEvery: '1m' }, traits)
    const ada = await known(at)
    const poll = await ada.arrive({ isPassive: true })
    at.clock.advance(15 * minute)
    await at.elsewhere(ada).request()
    const [before] = at.store.records()
    poll.session!['seen'] = 1
    await commit(poll)
    expect(at.store.records()[0]).toMatchObject({
      touchedAt: before?.touchedAt,
      expiresAt: before?.expiresAt,
      version: 2,
    })
    at.clock.advance(19 * minute)
    expect((await ada.arrive()).outcome).toBe('found')
  })

  test('a method that is awaited inside an update is refused, and does not wait for itself', async () => {
    const at = twoManagers({}, traits)
    const ada = await known(at)
    const visit = await ada.arrive()
    const updating = visit.session!.update(async session => {
      await Promise.resolve()
      await session.save()
    })
    const told = updating.then(
      () => 'done',
      () => 'told',
    )
    expect(await Promise.race([told, settle().then(() => 'waits')])).not.toBe('waits')
  })

  test('sixty concurrent requests that change one session in two processes all count', async () => {
    const at = twoManagers({}, traits)
    const ada = await known(at)
    const visits = await Promise.all(
      Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? ada : at.elsewhere(ada)).arrive()),
    )
    for (const [index, visit] of visits.entries()) visit.session![`name${index}`] = index
    const answers = await Promise.all(visits.map(commit))
    expect(answers.filter(({ error }) => error !== undefined)).toEqual([])
    expect(Object.keys(Object(stored(at.store)))).toHaveLength(61)
  })

  test('an object that the application holds stays part of the merged session', async () => {
    for (const method of ['save', 'update'] as const) {
      const at = twoManagers({}, traits)
      const ada = await known(at, { cart: { items: [1] }, views: 1 })
      const visit = await ada.arrive()
      const cart = Object(visit.session!['cart'])
      await at.elsewhere(ada).request(session => Object.assign(session, { other: 1 }))
      visit.session!['mine'] = 1
      await (method === 'save' ? visit.session!.save() : visit.session!.update(increment))
      cart.items.push(2)
      await commit(visit)
      expect(stored(at.store)).toMatchObject({ cart: { items: [1, 2] }, other: 1, mine: 1 })
    }
  })

  test('the event of a conflict comes before that of the save', async () => {
    const at = twoManagers({}, traits)
    const visit = await beside(at, { z: 1 }, { slow: s => (s['a'] = 1), fast: s => (s['b'] = 1) })
    const heard = hearEvents()
    await commit(visit)
    expect(namesOf(heard)).toEqual(['conflicted', 'saved'])
  })
})

describe('with a store for express-session', () => {
  test('a request that is stored only because of `resave` does not overwrite the changes of another', async () => {
    const scripted = new ScriptedStore()
    // A manager also takes such a store, although the types do not say so.
    const store = callbackStore(scripted) as never
    const ada = new Visitor(createSessions<Anything>({ secret, store, resave: true }), undefined)
    await ada.request(session => Object.assign(session, { views: 1 }))
    const slow = await ada.arrive()
    expect(slow.session?.['views']).toBe(1)
    await ada.request(increment)
    await slow.commit()
    expect([...scripted.sessions.values()].map(text => JSON.parse(text).views)).toEqual([2])
  })
})

test.each(stores)(
  'three hundred concurrent changes of a session all count, with a store that %s',
  async (_kind, traits) => {
    const at = twoManagers({}, traits)
    const ada = await known(at, { user: 'ada' })
    const visits = await Promise.all(
      Array.from({ length: 300 }, (_, index) => (index % 2 === 0 ? ada : at.elsewhere(ada)).arrive()),
    )
    for (const [index, visit] of visits.entries()) Object.assign(visit.session!, { [`key ${index}`]: index })
    const answers = await Promise.all(visits.map(commit))
    expect(answers.filter(({ error }) => error !== undefined)).toEqual([])
    expect(Object.keys(stored(at.store) as object).filter(name => name.startsWith('key '))).toHaveLength(300)
  },
)

describe.each(stores)(
  'a change by other code of a request during its update, with a store that %s',
  (_kind, traits) => {
    const changes: readonly (readonly [string, (session: TestSession) => void, unknown])[] = [
      ['sets', session => void (session['note'] = 'mine'), { views: 1, user: 'ada', note: 'mine' }],
      ['removes', session => void delete session['user'], { views: 1 }],
      [
        'changes inside an object',
        session => void (session['cart'] as string[]).push('tea'),
        { views: 1, user: 'ada', cart: ['tea'] },
      ],
    ]
    const begun = async () => {
      const at = twoManagers({}, traits)
      const ada = await known(at, { user: 'ada', cart: [] })
      const visit = await ada.arrive()
      return { at, ada, visit, session: visit.session as TestSession, gate: new Gate() }
    }

    test.each(changes)('stays when the function throws, and the change %s', async (_what, change, wanted) => {
      const { at, visit, session, gate } = await begun()
      const updating = failureOf(() =>
        session.update(async (own: Anything) => {
          own['views'] = 1
          await gate.passed
          throw new Error('changed my mind')
        }),
      )
      await settle()
      change(session)
      gate.open()
      await updating
      expect((await commit(visit)).error).toBeUndefined()
      const { views: _views, ...rest } = wanted as Anything
      expect(stored(at.store)).toEqual({ cart: [], ...rest })
    })

    test.each(changes)(
      'stays when the update runs again, and the change %s',
      async (_what, change, wanted) => {
        const { at, ada, visit, session, gate } = await begun()
        const updating = session.update(async (own: Anything) => {
          increment(own as TestSession)
          await gate.passed
        })
        await settle()
        change(session)
        await at.elsewhere(ada).request(other => void (other['others'] = true))
        gate.open()
        await updating
        expect((await commit(visit)).error).toBeUndefined()
        expect(stored(at.store)).toEqual({ cart: [], others: true, ...(wanted as Anything) })
      },
    )

    test('is undone with the update when its function writes the same name', async () => {
      const { at, visit, session, gate } = await begun()
      const updating = failureOf(() =>
        session.update(async () => {
          await gate.passed
          session['user'] = 'eve'
          throw new Error('changed my mind')
        }),
      )
      await settle()
      session['user'] = 'bob'
      gate.open()
      await updating
      await commit(visit)
      expect(stored(at.store)).toEqual({ cart: [], user: 'ada' })
    })
  },
)
