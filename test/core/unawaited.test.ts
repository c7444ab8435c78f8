import { describe, expect, test } from 'vitest'
import type { StoreVerb } from '../../src/core/record/deadline.ts'
import { commit, failureOf, known, stores } from './races/two-managers.ts'
import { type Anything, later, stage, type TestSession, type TestVisit } from './stage.ts'

/** @see issue 12: a request that ends without awaiting a method of its session */

/** A method that the route does not await, its store call, and whether the commit tries it again. */
const methods: readonly (readonly [
  string,
  (session: TestSession) => Promise<unknown>,
  StoreVerb,
  { isTriedAgain: boolean },
])[] = [
  ['signIn', session => session.signIn('ada'), 'create', { isTriedAgain: false }],
  ['signOut', session => session.signOut(), 'delete', { isTriedAgain: false }],
  ['regenerate', session => session.regenerate(), 'delete', { isTriedAgain: false }],
  ['rotate', session => session.rotate(), 'replace', { isTriedAgain: false }],
  [
    'update',
    session => session.update(each => Object.assign(each, { paid: true })),
    'replace',
    { isTriedAgain: false },
  ],
  ['reload', session => session.reload(), 'load', { isTriedAgain: false }],
  ['destroy', session => session.destroy(), 'delete', { isTriedAgain: true }],
  ['save', session => Object.assign(session, { paid: true }).save(), 'replace', { isTriedAgain: true }],
]

describe.each(stores)('a store that %s', (_kind, traits) => {
  describe.each(methods)('a %s that fails', (_method, call, verb, { isTriedAgain }) => {
    const begun = async (options: Parameters<typeof stage>[0] = {}) => {
      const at = stage(options, traits)
      const ada = await known(at)
      const visit = await ada.arrive()
      at.store.fail(verb)
      return { at, ada, visit }
    }

    test('and is not awaited fails the response, unless the commit tries it again', async () => {
      const { visit } = await begun()
      void call(visit.session as TestSession)
      const { error } = await commit(visit)
      expect(error).toBe(isTriedAgain ? undefined : 'STORE_FAILED')
    })

    test.each([
      ['awaits', async (answer: Promise<unknown>) => void (await failureOf(() => answer))],
      ['catches', (answer: Promise<unknown>) => void answer.catch(() => undefined)],
      ['waits for with others', (answer: Promise<unknown>) => void Promise.allSettled([answer])],
    ])('does not fail the response when the application %s', async (_way, hear) => {
      const { visit } = await begun()
      await hear(call(visit.session as TestSession))
      expect((await commit(visit)).error).toBeUndefined()
    })

    test('does not fail the response with the behaviour of express-session', async () => {
      const { visit } = await begun({ onCommitFailure: 'send' })
      void call(visit.session as TestSession)
      expect((await commit(visit)).error).toBeUndefined()
    })
  })

  test('the commit saves an empty session that an explicit save could not', async () => {
    const at = stage({}, traits)
    const ada = at.visitor()
    const visit = await ada.arrive()
    at.store.fail('create')
    void visit.session!.save()
    expect(await commit(visit)).toMatchObject({ error: undefined, setCookie: expect.any(String) })
    expect(at.store.records()).toHaveLength(1)
  })

  test('does not fail the response when a callback gets the error', async () => {
    const at = stage({}, traits)
    const ada = await known(at)
    const visit = await ada.arrive()
    at.store.fail('delete')
    const told = await new Promise(resolve => visit.session!.signOut(resolve))
    expect(told).toMatchObject({ code: 'STORE_FAILED' })
    expect((await commit(visit)).error).toBeUndefined()
  })

  describe('a method that is called while another is running', () => {
    const leavesNothing: readonly (readonly [string, (session: TestSession) => void])[] = [
      ['signIn, then signOut', session => void [session.signIn('ada'), session.signOut()]],
      ['regenerate, then destroy', session => void [session.regenerate(), session.destroy()]],
      ['signIn, then destroy', session => void [session.signIn('ada'), session.destroy()]],
      ['reload, then destroy', session => void [session.reload(), session.destroy()]],
      ['regenerate, then signOut', session => void [session.regenerate(), session.signOut()]],
    ]
    test.each(leavesNothing)(
      '%s: the visitor is signed out, and the browser deletes its cookie',
      async (_name, call) => {
        const at = stage({}, traits)
        const ada = await known(at)
        const visit = await ada.arrive()
        call(visit.session as TestSession)
        const { error, setCookie } = await commit(visit)
        expect([error, at.store.records()]).toEqual([undefined, []])
        expect(setCookie).toMatch(/; Max-Age=0;/)
      },
    )

    test.each<readonly [string, (session: TestSession) => void, object]>([
      ['a sign-in', session => void session.signIn('ada', { keep: ['user'] }), { subject: 'ada' }],
      ['a regeneration', session => void session.regenerate({ keep: ['user'] }), { subject: undefined }],
      ['a sign-out', session => void session.signOut({ keep: ['user'] }), { subject: undefined }],
    ])(
      'an update, a save, a rotation and a reload after %s act on the new session',
      async (_name, leave, facts) => {
        const at = stage({}, traits)
        const ada = await known(at)
        const visit = await ada.arrive()
        const session = visit.session as TestSession
        leave(session)
        void session.update((each: Anything) => Object.assign(each, { n: 1 }))
        void session.save()
        void session.reload()
        void session.rotate()
        const { error, setCookie } = await commit(visit)
        ada.keep(setCookie)
        expect([error, at.store.records().map(({ subject }) => ({ subject }))]).toEqual([undefined, [facts]])
        await ada.request(each => expect({ ...each }).toMatchObject({ user: 'ada', n: 1 }))
      },
    )

    test('of two sign-ins the later one counts', async () => {
      const at = stage({}, traits)
      const ada = await known(at)
      const visit = await ada.arrive()
      void visit.session!.signIn('ada')
      void visit.session!.signIn('bob')
      expect((await commit(visit)).error).toBeUndefined()
      expect(at.store.records().map(({ subject }) => subject)).toEqual(['bob'])
    })

    test('a session held in a variable signs out the subject that signed in on it', async () => {
      const at = stage({}, traits)
      const ada = await known(at)
      const visit = await ada.arrive()
      const session = visit.session as TestSession
      await session.signIn('ada')
      await session.signOut()
      await commit(visit)
      expect(at.store.records()).toEqual([])
    })
  })

  test('a response that the function of an update ends waits until the change is stored', async () => {
    const at = stage({}, traits)
    const ada = await known(at)
    const visit = await ada.arrive()
    let ending: unknown
    void visit.session!.update((session: Anything) => {
      session['paid'] = true
      ending = visit.commit()
    })
    await ending
    expect(at.store.records().map(({ data }) => data)).toEqual(['{"user":"ada","paid":true}'])
  })
})

describe('a first byte that leaves during a sign-in', () => {
  test.each(['read the epoch of a subject', 'delete', 'create'] as const)(
    'fails the sign-in, after the call to %s',
    async verb => {
      const at = stage({}, later)
      const ada = await known(at)
      const visit = await ada.arrive()
      const gate = at.store.hold(verb)
      const signing = failureOf(() => visit.session!.signIn('bob'))
      await gate.reached
      visit.announce()
      gate.open()
      expect(await signing).toBe('HEAD_SENT')
      await commit(visit)
      expect(at.store.records().filter(({ subject }) => subject === 'bob')).toEqual([])
      expect((await ada.arrive()).outcome).not.toBe('found')
    },
  )
})

describe('an id from `genid` that is taken', () => {
  test('is never sent, not even with the behaviour of express-session', async () => {
    const at = stage({ genid: () => 'the-same-for-everybody', onCommitFailure: 'send' }, later)
    await at.visitor().request((session: Anything) => Object.assign(session, { user: 'ada' }))
    const eve: TestVisit = await at.visitor().arrive()
    Object.assign(eve.session as TestSession, { cart: 1 })
    const { error, setCookie } = await commit(eve)
    expect([error, setCookie]).toEqual(['ID_INVALID', undefined])
  })
})
