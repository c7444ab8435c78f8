import { describe, expect, test } from 'vitest'
import { hearEvents, namesOf } from '../heard-events.ts'
import { hour, minute, type TestSession, type TestVisit, type Visitor } from '../stage.ts'
import {
  atCall,
  commit,
  failureOf,
  known,
  placesIn,
  signedIn,
  stores,
  type TwoManagers,
  twoManagers,
} from './two-managers.ts'

const day = 24 * hour

/** Whether a new request with this cookie is signed in. */
async function isSignedIn(visitor: Visitor): Promise<boolean> {
  const { session } = await visitor.arrive()
  return session?.subject !== undefined
}

async function handlesOf(at: TwoManagers, subject = 'ada'): Promise<string[]> {
  return (await at.one.of(subject).list()).map(({ handle }) => handle).sort()
}

/** A request that signs a subject in, and commits whether or not the sign-in succeeds. */
async function signIn(visitor: Visitor, subject = 'ada'): Promise<{ visit: TestVisit; error: unknown }> {
  const visit = await visitor.arrive()
  const error = await failureOf(() => visit.session!.signIn(subject))
  visit.session!['after'] = 1
  visitor.keep((await commit(visit)).setCookie)
  return { visit, error }
}

type Ending = readonly [
  what: string,
  end: (at: TwoManagers, ada: Visitor, other: Visitor) => Promise<unknown>,
]

/** Every way to end the session `ada` of a subject who also has the session `other`. */
const endings: readonly Ending[] = [
  ['endAll', at => at.other.of('ada').endAll()],
  ['endOthers', (at, _ada, other) => at.other.of('ada').endOthers(at.other.handleOf(other.id))],
  ['end', (at, ada) => at.other.of('ada').end(at.other.handleOf(ada.id))],
]

const doings: readonly (readonly [what: string, work: (session: TestSession) => unknown])[] = [
  ['save', session => Object.assign(session, { slow: 1 }).save()],
  ['update', session => session.update(own => void (own['slow'] = 1))],
  ['rotate', session => session.rotate()],
  ['touch', () => undefined],
]

describe.each(stores)('with a store that %s', (_kind, traits) => {
  test('concurrent sign-ins are all in the list, in both processes', async () => {
    const at = twoManagers({}, traits)
    const visitors = Array.from({ length: 20 }, (_, index) =>
      index % 2 === 0 ? at.visitor() : at.elsewhere(at.visitor()),
    )
    await Promise.all(visitors.map(visitor => signIn(visitor)))
    const handles = visitors.map(({ id }) => at.one.handleOf(id)).sort()
    expect(await handlesOf(at)).toEqual(handles)
    expect((await at.other.of('ada').list()).map(({ handle }) => handle).sort()).toEqual(handles)
    expect(await at.other.of('ada').endAll()).toBe(20)
    for (const visitor of visitors) expect(await isSignedIn(visitor)).toBe(false)
  })

  test.each(placesIn(4))(
    'a sign-in interrupted by endAll ends or fails, at call $number, $moment it takes effect',
    async place => {
      const at = twoManagers({ maxPerSubject: 5 }, traits)
      const ada = await known(at)
      const visit = await ada.arrive()
      const hasReadEpoch = place.number > 0 || place.moment === 'after'
      const came = atCall(at.store, place, async () => void (await at.other.of('ada').endAll()))
      const error = await failureOf(() => visit.session!.signIn('ada'))
      visit.session!['after'] = 1
      ada.keep((await commit(visit)).setCookie)
      const isIn = await isSignedIn(ada)
      // A sign-in that reads the epoch after `endAll` counts as later.
      expect([came.hasCome(), isIn]).toEqual([true, !hasReadEpoch])
      // It fails if `endAll` comes before its last read of the line, which is its fourth call.
      const isTold = hasReadEpoch && (place.number < 3 || place.moment === 'before')
      expect(error).toBe(isTold ? 'SESSION_GONE' : undefined)
      expect(await handlesOf(at)).toHaveLength(isIn ? 1 : 0)
      if (isTold) expect(visit.session?.subject).toBeUndefined()
    },
  )

  test.each(placesIn(2))(
    'a sign-in within endAll counts once the line is drawn, at call $number, $moment it takes effect',
    async place => {
      const at = twoManagers({}, traits)
      await signedIn(at)
      const ada = at.visitor()
      const hasDrawnLine = place.number > 0 || place.moment === 'after'
      const came = atCall(at.store, place, async () => {
        expect((await signIn(ada)).error).toBeUndefined()
      })
      await at.other.of('ada').endAll()
      expect([came.hasCome(), await isSignedIn(ada)]).toEqual([true, hasDrawnLine])
      expect(await handlesOf(at)).toEqual(hasDrawnLine ? [at.one.handleOf(ada.id)] : [])
    },
  )

  const interrupted = endings.flatMap(([ending, end]) =>
    doings.flatMap(([doing, work]) =>
      placesIn(1).map(({ moment }) => ({ ending, end, doing, work, moment })),
    ),
  )
  test.each(interrupted)(
    '$doing interrupted by $ending brings nothing back, $moment it takes effect',
    async row => {
      const { doing, end, moment, work } = row
      const at = twoManagers({ rolling: true, cookie: { maxAge: hour }, touchEvery: '1m' }, traits)
      const ada = await signedIn(at)
      const other = await signedIn(at)
      const slow = await ada.arrive()
      at.clock.advance(2 * minute)
      atCall(at.store, { number: 0, moment }, async () => void (await end(at, ada, other)))
      const error = await failureOf(() => work(slow.session!))
      const { setCookie } = await commit(slow)
      expect(at.store.records().map(({ key }) => key)).not.toContain(at.one.handleOf(ada.id))
      expect(await isSignedIn(ada)).toBe(false)
      if (moment === 'before' && doing !== 'touch')
        expect([error, setCookie]).toEqual(['SESSION_GONE', undefined])
      if (doing === 'touch') expect([slow.outcome, setCookie]).toEqual(['revoked', undefined])
    },
  )

  /** @see issue 12, seed 324785371 */
  test.each(placesIn(2))(
    'endOthers within endAll spares no session, at call $number, $moment it takes effect',
    async place => {
      const at = twoManagers({}, traits)
      const [ada] = [await signedIn(at), await signedIn(at)]
      const hasDrawnLine = place.number > 0 || place.moment === 'after'
      let wasSpared: boolean | undefined
      const came = atCall(at.store, place, async () => {
        at.clock.advance(1)
        await at.other.of('ada').endOthers(at.one.handleOf(ada.id))
        wasSpared = await isSignedIn(ada)
      })
      await at.one.of('ada').endAll()
      expect([came.hasCome(), wasSpared]).toEqual([true, !hasDrawnLine])
      expect([await isSignedIn(ada), await handlesOf(at)]).toEqual([false, []])
    },
  )

  test.each(
    (['evict-oldest', 'refuse'] as const).flatMap(atLimit =>
      [59_000, minute, 24 * hour].map(aheadMs => ({ atLimit, aheadMs })),
    ),
  )(
    'a sign-in by a clock that is $aheadMs ms ahead does not age later ones or keep them out, with $atLimit',
    async ({ atLimit, aheadMs }) => {
      const refuses = atLimit === 'refuse'
      const at = twoManagers({ maxPerSubject: refuses ? 4 : 2, atLimit, idle: '72h' }, traits)
      at.clock.jump(aheadMs)
      const ahead = await signedIn(at)
      at.clock.jump(-aheadMs)
      const later = [await signedIn(at), await signedIn(at), await signedIn(at)]
      for (const visitor of later.slice(1)) {
        const { session } = await visitor.arrive()
        expect(() => session?.requireRecentSignIn('1m')).not.toThrow()
      }
      expect([await isSignedIn(ahead), await isSignedIn(later[0]!)]).toEqual([refuses, refuses])
    },
  )

  test('endOthers leaves exactly the current session, even when called twice at once', async () => {
    const at = twoManagers({}, traits)
    const [ada, ...others] = [await signedIn(at), await signedIn(at), await signedIn(at)] as const
    const visits = [await ada.arrive(), await at.elsewhere(ada).arrive()] as const
    const ended = await Promise.all([
      at.one.of('ada').endOthers(visits[0].session!),
      at.other.of('ada').endOthers(visits[1].session!),
    ])
    expect(ended[0] + ended[1]).toBe(2)
    at.clock.advance(1)
    expect(await at.other.of('ada').endOthers(visits[1].session!)).toBe(0)
    for (const visit of visits) visit.session!['kept'] = 1
    await Promise.all(visits.map(commit))
    expect(await isSignedIn(ada)).toBe(true)
    for (const other of others) expect(await isSignedIn(other)).toBe(false)
    await ada.request(session => session.rotate())
    expect(await handlesOf(at)).toEqual([at.one.handleOf(ada.id)])
  })

  test.each(placesIn(3))(
    'a sign-in interrupted by endOthers ends, and the current session stays, at call $number, $moment',
    async place => {
      const at = twoManagers({}, traits)
      const ada = await signedIn(at)
      const thief = at.visitor()
      const visit = await thief.arrive()
      const hasReadEpoch = place.number > 0 || place.moment === 'after'
      atCall(at.store, place, async () => void (await at.other.of('ada').endOthers(at.one.handleOf(ada.id))))
      await failureOf(() => visit.session!.signIn('ada'))
      thief.keep((await commit(visit)).setCookie)
      expect([await isSignedIn(ada), await isSignedIn(thief)]).toEqual([true, !hasReadEpoch])
    },
  )

  test('a sign-in after endAll counts, even in the same millisecond and after the clock was set back', async () => {
    const at = twoManagers({}, traits)
    for (const spanMs of [0, 0, -hour, -day, minute]) {
      at.clock.jump(spanMs)
      const before = await signedIn(at)
      await at.other.of('ada').endAll()
      const ada = await signedIn(at)
      expect([await isSignedIn(before), await isSignedIn(ada)]).toEqual([false, true])
      expect(await handlesOf(at)).toEqual([at.one.handleOf(ada.id)])
    }
  })

  test('endAll ends a session that is missing from the index, under each of its ids', async () => {
    const at = twoManagers({}, traits)
    const ada = await signedIn(at)
    const old = ada.cookie
    await ada.request(session => session.rotate())
    at.store.next('end sessions of a subject', () => [] as never)
    expect(await at.other.of('ada').endAll()).toBe(0)
    expect(at.store.records()).toHaveLength(1)
    expect(await at.one.find(at.one.handleOf(ada.id))).toBeUndefined()
    expect(await handlesOf(at)).toEqual([])
    const heard = hearEvents()
    expect((await at.visitor(old).arrive()).outcome).toBe('revoked')
    expect((await ada.arrive()).outcome).toBe('revoked')
    expect([at.store.records(), namesOf(heard)]).toEqual([[], ['revoked', 'revoked']])
  })

  test('the list has each session exactly as long as it lives', async () => {
    const at = twoManagers({ idle: '20m', touchEvery: '1m', absolute: '60d' }, traits)
    const ada = await signedIn(at)
    for (let count = 0; count < 100; count += 1) {
      at.clock.advance(19 * minute)
      await ada.request()
    }
    const other = await signedIn(at)
    expect(await handlesOf(at)).toEqual([ada, other].map(({ id }) => at.one.handleOf(id)).sort())
    at.clock.advance(22 * minute)
    expect(await handlesOf(at)).toEqual([])
  })

  test('the line of endAll outlives every session below it', async () => {
    const at = twoManagers({ idle: '400d', absolute: '400d' }, traits)
    const ada = await signedIn(at)
    at.store.next('end sessions of a subject', () => [] as never)
    await at.other.of('ada').endAll()
    at.clock.advance(399 * day)
    expect((await ada.arrive()).outcome).not.toBe('found')
  })

  test('the newest sign-ins replace the earliest, in order even within one millisecond', async () => {
    const at = twoManagers({ maxPerSubject: 2 }, traits)
    const visitors = [await signedIn(at), await signedIn(at), await signedIn(at), await signedIn(at)]
    const states: boolean[] = []
    for (const visitor of visitors) states.push(await isSignedIn(visitor))
    expect(states).toEqual([false, false, true, true])
  })

  test('the newest sign-in is refused at the limit, and the old session stays as it was', async () => {
    const at = twoManagers({ maxPerSubject: 2, atLimit: 'refuse' }, traits)
    await signedIn(at)
    const second = await signedIn(at)
    const third = await known(at)
    const { error, visit } = await signIn(third)
    expect([error, visit.session?.subject, (await handlesOf(at)).length]).toEqual([
      'SESSION_LIMIT',
      undefined,
      2,
    ])
    await third.request(session => expect(session['user']).toBe('ada'))
    expect((await signIn(second)).error).toBeUndefined()
    expect(await handlesOf(at)).toHaveLength(2)
  })

  test.each(['evict-oldest', 'refuse'] as const)(
    'of many concurrent sign-ins exactly as many stay as the limit allows, and only these succeed (%s)',
    async atLimit => {
      const at = twoManagers({ maxPerSubject: 3, atLimit }, traits)
      const visitors = Array.from({ length: 12 }, (_, index) =>
        index % 2 === 0 ? at.visitor() : at.elsewhere(at.visitor()),
      )
      const answers = await Promise.all(visitors.map(visitor => signIn(visitor)))
      const handles = await handlesOf(at)
      expect(handles).toHaveLength(3)
      for (const [index, { error }] of answers.entries()) {
        const isIn = visitors[index]!.cookie !== undefined && (await isSignedIn(visitors[index]!))
        if (error !== undefined) expect(isIn).toBe(false)
        // With 'evict-oldest' a later sign-in may have ended it since.
        else if (atLimit === 'refuse') expect(isIn).toBe(true)
      }
    },
  )

  test.each(
    placesIn(4).flatMap(place =>
      (['evict-oldest', 'refuse'] as const).map(atLimit => ({ ...place, atLimit })),
    ),
  )(
    'a sign-in within a sign-in never exceeds the limit ($atLimit), at call $number, $moment it takes effect',
    async ({ atLimit, ...place }) => {
      // Their keys also decide which of the two counts as earlier, so the test tries several pairs.
      for (let pair = 0; pair < 8; pair += 1) {
        const at = twoManagers({ maxPerSubject: 1, atLimit }, traits)
        const [slow, fast] = [await known(at), at.elsewhere(at.visitor())]
        const visit = await slow.arrive()
        const came = atCall(at.store, place, async () => void (await signIn(fast)))
        const error = await failureOf(() => visit.session!.signIn('ada'))
        slow.keep((await commit(visit)).setCookie)
        expect([came.hasCome(), (await handlesOf(at)).length]).toEqual([true, 1])
        const states = [await isSignedIn(slow), await isSignedIn(fast)]
        expect(states.filter(Boolean)).toHaveLength(1)
        if (error !== undefined) expect(states[0]).toBe(false)
        const told = atLimit === 'refuse' ? 'SESSION_LIMIT' : 'SESSION_GONE'
        if (isStoredLast(place) && states[0] === false) expect(error).toBe(told)
      }
    },
  )

  /** @see issue 12, seed 735645451 */
  test.each(placesIn(3))(
    'when a limit refuses, exactly the successful sign-ins count, at call $number, $moment it takes effect',
    async place => {
      for (let pair = 0; pair < 8; pair += 1) {
        const at = twoManagers({ maxPerSubject: 1, atLimit: 'refuse' }, traits)
        const [slow, fast] = [at.visitor(), at.elsewhere(at.visitor())]
        const errors: unknown[] = []
        atCall(at.store, place, async () => void errors.push((await signIn(fast)).error))
        errors.push((await signIn(slow)).error)
        const areIn = [await isSignedIn(fast), await isSignedIn(slow)]
        expect(areIn).toEqual(errors.map(error => error === undefined))
      }
    },
  )

  test.each(placesIn(5))(
    'a store that fails during a sign-in leaves no half sign-in, at call $number, $moment it takes effect',
    async place => {
      const at = twoManagers({ maxPerSubject: 1 }, traits)
      const earlier = await signedIn(at)
      const ada = await known(at)
      const { key: oldKey } = at.store.records().find(({ subject }) => subject === undefined)!
      const visit = await ada.arrive()
      const came = atCall(at.store, place, () => {
        throw new Error('the store is down')
      })
      expect(await failureOf(() => visit.session!.signIn('ada'))).toBe('STORE_FAILED')
      expect([came.hasCome(), visit.session?.subject]).toEqual([true, undefined])
      visit.session!['after'] = 1
      ada.keep((await commit(visit)).setCookie)
      expect(await isSignedIn(ada)).toBe(false)
      const mine = at.store.records().filter(({ subject }) => subject === 'ada')
      expect(mine.every(({ key }) => key === at.one.handleOf(earlier.id))).toBe(true)
      // The old session ends while the sign-in looks for others, unless its removal is what fails.
      const isUntouched = place.number === 1 && place.moment === 'before'
      expect(at.store.records().some(({ key }) => key === oldKey)).toBe(isUntouched)
    },
  )

  test('a subject sees and ends only their own sessions, and only by a handle', async () => {
    const at = twoManagers({}, traits)
    const [ada, eve] = [await signedIn(at), await signedIn(at, 'eve')]
    const handle = at.one.handleOf(ada.id)
    expect(await at.other.of('eve').end(handle)).toBe(false)
    expect(await at.other.of('eve').endAll()).toBe(1)
    expect([await isSignedIn(ada), await isSignedIn(eve)]).toEqual([true, false])
    at.store.forgetCalls()
    for (const wrong of [
      'not-a-handle',
      '',
      ada.id,
      `${handle}~`,
      handle.slice(1),
      '__proto__',
      undefined,
      null,
      7,
      {},
    ]) {
      // A caller in JavaScript may pass anything.
      expect(await at.one.of('ada').end(wrong as string)).toBe(false)
      expect(await at.one.end(wrong as string)).toBe(false)
      expect(await at.one.find(wrong as string)).toBeUndefined()
    }
    expect(at.store.calls).toEqual([])
    for (const wrong of ['', undefined, null, Number.NaN, {}, [], true, 'x'.repeat(1025)]) {
      expect(await failureOf(() => void at.one.of(wrong as string))).toBe('SUBJECT_INVALID')
      expect(await failureOf(async () => (await ada.arrive()).session!.signIn(wrong as string))).toBe(
        'SUBJECT_INVALID',
      )
    }
    expect(await at.one.of('ada').end(handle)).toBe(true)
    expect(await at.one.of('ada').end(handle)).toBe(false)
  })

  test('a number as a subject is the same as its text', async () => {
    const at = twoManagers({}, traits)
    const ada = at.visitor()
    await ada.request(session => session.signIn(7))
    expect(await handlesOf(at, '7')).toHaveLength(1)
    expect(await at.one.of(7).endAll()).toBe(1)
  })

  test('a sign-out ends the session, keeps the named data, and deletes the cookie when there is none', async () => {
    const at = twoManagers({}, traits)
    const ada = await signedIn(at)
    const { id } = ada
    await ada.request(async (session, visit) => {
      session['cart'] = [1]
      session['secret'] = 1
      await session.signOut({ keep: ['cart', 'nothing'] })
      expect(visit.session?.subject).toBeUndefined()
    })
    expect(ada.id).not.toBe(id)
    await ada.request(session => expect({ ...session }).toMatchObject({ cart: [1] }))
    await ada.request(session => expect(session['secret']).toBeUndefined())
    expect(await handlesOf(at)).toEqual([])
    const eve = await signedIn(at, 'eve')
    await eve.request(session => session.signOut())
    expect(eve.cookie).toBeUndefined()
  })

  test('of two concurrent sign-ins from one session one counts, and the other fails', async () => {
    const at = twoManagers({}, traits)
    const ada = await known(at)
    const visits = [await ada.arrive(), await at.elsewhere(ada).arrive()]
    const errors = await Promise.all(visits.map(visit => failureOf(() => visit.session!.signIn('ada'))))
    expect(errors.filter(error => error === 'SESSION_GONE')).toHaveLength(1)
    await Promise.all(visits.map(commit))
    expect([await handlesOf(at), at.store.records()].map(list => list.length)).toEqual([1, 1])
  })
})

/** Whether the slow sign-in is stored last: then it sees both sessions, and fails when it is the one to go. */
function isStoredLast({ number, moment }: ReturnType<typeof placesIn>[number]): boolean {
  return number < 2 || (number === 2 && moment === 'before')
}
