import { describe, expect, test } from 'vitest'
import type { StoreTraits } from '../../../src/core/record/store.ts'
import {
  atOnce,
  later,
  minute,
  type Stage,
  stage,
  type TestSession,
  type TestVisit,
  type Visitor,
} from '../stage.ts'

type Callback = (error?: unknown) => void
type Act = (session: TestSession, callback: Callback) => unknown

const acts: readonly (readonly [string, Act])[] = [
  ['save', (session, callback) => session.save(callback)],
  ['reload', (session, callback) => session.reload(callback)],
  ['destroy', (session, callback) => session.destroy(callback)],
  ['regenerate', (session, callback) => session.regenerate(callback)],
  ['update', (session, callback) => session.update(data => void (data['views'] = 2), callback)],
  ['rotate', (session, callback) => session.rotate(callback)],
  ['signIn', (session, callback) => session.signIn('bob', callback)],
  ['signIn with options', (session, callback) => session.signIn('bob', { keep: ['views'] }, callback)],
  ['signOut', (session, callback) => session.signOut(callback)],
  ['signOut with options', (session, callback) => session.signOut({ keep: ['views'] }, callback)],
]

describe.each<[string, StoreTraits]>([
  ['at once', atOnce],
  ['later', later],
])('a method with a callback, over a store that answers %s', (_kind, traits) => {
  test.each(acts)(
    '%s answers the session, and calls back once, with nothing, in a later turn',
    async (_name, act) => {
      const { visit } = await signedIn(traits)
      const session = visit.session!
      const { answer, calls, wasCalledAtOnce } = await call(session, act)
      expect(answer).toBe(session)
      expect([calls, wasCalledAtOnce]).toEqual([[[]], false])
    },
  )

  // destroy, signOut and regenerate do not fail when the session has ended.
  const complaining = acts.filter(([name]) => !/^(destroy|signOut|regenerate)/.test(name))
  test.each(complaining)(
    '%s passes an error to the callback when the session has ended meanwhile',
    async (name, act) => {
      const { at, visit } = await signedIn(traits)
      const session = visit.session!
      for (const { key } of at.store.records()) at.store.inner.delete(key)
      Object.assign(session, { views: 3 })
      const { answer, calls, wasCalledAtOnce } = await call(session, act)
      expect([answer === session, wasCalledAtOnce]).toEqual([true, false])
      const code = name === 'reload' ? 'SESSION_NOT_FOUND' : 'SESSION_GONE'
      expect(calls).toEqual([[expect.objectContaining({ code })]])
    },
  )

  test.each(acts)('%s passes the failure of a store to the callback', async (_name, act) => {
    const { at, visit } = await signedIn(traits)
    const session = visit.session!
    for (const verb of ['load', 'create', 'replace', 'delete'] as const) at.store.fail(verb)
    at.store.fail('read the epoch of a subject')
    Object.assign(session, { views: 3 })
    const { answer, calls, wasCalledAtOnce } = await call(session, act)
    expect(answer).toBe(session)
    expect(wasCalledAtOnce).toBe(false)
    expect(calls).toEqual([[expect.objectContaining({ code: 'STORE_FAILED' })]])
  })
})

describe('a method has done its work when its callback runs', () => {
  test('an update is stored', async () => {
    const { at, visit } = await signedIn()
    await call(visit.session!, (session, callback) =>
      session.update(data => void (data['views'] = 2), callback),
    )
    expect(at.store.records()[0]?.data).toBe('{"views":2}')
  })

  test('a sign-in is stored, and keeps the named data', async () => {
    const { at, visit } = await signedIn()
    await call(visit.session!, (session, callback) => session.signIn(7, { keep: ['views'] }, callback))
    expect(at.store.records()).toMatchObject([{ subject: '7', data: '{"views":1}' }])
    await call(visit.session!, (session, callback) => session.signIn('bob', callback))
    expect(at.store.records()).toMatchObject([{ subject: 'bob', data: '{}' }])
  })

  test('a sign-out has ended the session, and keeps the named data', async () => {
    const { at, visit } = await signedIn()
    await call(visit.session!, (session, callback) => session.signOut({ keep: ['views'] }, callback))
    expect(at.store.records()).toEqual([])
    expect([visit.session!.subject, visit.session!['views']]).toEqual([undefined, 1])
    await call(visit.session!, (session, callback) => session.signOut(callback))
    expect(visit.session!['views']).toBeUndefined()
  })

  test('a rotation has changed the id, and not the handle', async () => {
    const { visit } = await signedIn()
    const { id, handle } = visit.session!
    await call(visit.session!, (session, callback) => session.rotate(callback))
    expect(visit.session!.id).not.toBe(id)
    expect(visit.session!.handle).toBe(handle)
  })
})

describe('without a callback', () => {
  test('an update answers the result of its function', async () => {
    const { visit } = await signedIn()
    expect(await visit.session!.update(() => 'answered')).toBe('answered')
    expect(await visit.session!.update(async () => 'later')).toBe('later')
  })

  test('an error of the function of an update reaches the caller, with a callback too', async () => {
    const { at, visit } = await signedIn()
    const change = () => {
      throw new Error('of the function')
    }
    await expect(visit.session!.update(change)).rejects.toThrow('of the function')
    const { calls } = await call(visit.session!, (session, callback) => session.update(change, callback))
    expect(calls).toEqual([[expect.objectContaining({ message: 'of the function' })]])
    expect(at.store.records()[0]?.data).toBe('{"views":1}')
  })

  test('undefined as options or as a callback counts as absent', async () => {
    const { visit } = await signedIn()
    const signIn: (...given: unknown[]) => unknown = (...given) =>
      Reflect.apply(visit.session!.signIn, visit.session, given)
    for (const rest of [[], [undefined], [undefined, undefined], [null], [{}, null]]) {
      const answer = signIn('bob', ...rest)
      expect(answer).toBeInstanceOf(Promise)
      await answer
    }
    const calls: unknown[] = []
    await new Promise<void>(resolve => signIn('bob', undefined, () => resolve(void calls.push(1))))
    expect(calls).toEqual([1])
  })

  test('a failure that the caller does not await is no unhandled rejection', async () => {
    const unhandled: unknown[] = []
    const listener = (error: unknown): void => void unhandled.push(error)
    process.on('unhandledRejection', listener)
    const { at, visit } = await signedIn()
    at.store.fail('delete')
    void visit.session!.signOut()
    await new Promise(resolve => setTimeout(resolve, 5))
    process.off('unhandledRejection', listener)
    expect(unhandled).toEqual([])
  })
})

describe('a wrong argument', () => {
  test.each(['', null, undefined, {}, true])(
    '%o for a subject throws at once, with a callback too',
    async wrong => {
      const { at, visit } = await signedIn()
      const expected = expect.objectContaining({ code: 'SUBJECT_INVALID' })
      expect(() => visit.session!.signIn(wrong as never)).toThrow(expected)
      expect(() => visit.session!.signIn(wrong as never, () => expect.unreachable())).toThrow(expected)
      expect(at.store.records()).toHaveLength(1)
    },
  )

  test.each([['cart'], { keep: 'cart' }, { keeps: ['cart'] }, 'cart', 7])(
    '%o for options throws at once, and the session goes on',
    async wrong => {
      const { at, visit } = await signedIn()
      const expected = expect.objectContaining({ code: 'OPTION_INVALID' })
      expect(() => visit.session!.signIn('bob', wrong as never)).toThrow(expected)
      expect(() => visit.session!.signOut(wrong as never)).toThrow(expected)
      expect(at.store.records()).toMatchObject([{ subject: 'ada' }])
    },
  )

  test.each([undefined, null, 'x', {}])('%o for a change rejects, and nothing is stored', async wrong => {
    const { at, visit } = await signedIn()
    await expect(visit.session!.update(wrong as never)).rejects.toThrow()
    expect(at.store.records()[0]?.data).toBe('{"views":1}')
  })
})

describe('data under the name of a method or property of a session', () => {
  const names = [
    'update',
    'rotate',
    'signIn',
    'signOut',
    'subject',
    'handle',
    'authenticatedAt',
    'requireRecentSignIn',
  ]

  test.each(names)('%s: the data wins, and is stored', async name => {
    const at = stage()
    const ada = at.visitor()
    await ada.request(session => Object.assign(session, { [name]: { mine: true } }))
    expect(at.store.records()[0]?.data).toBe(`{"${name}":{"mine":true}}`)
    await ada.request(session => {
      expect(session[name]).toEqual({ mine: true })
      expect(Object.keys(session)).toEqual(['cookie', name])
      delete session[name]
      expect(session[name]).not.toEqual({ mine: true })
    })
    expect(at.store.records()[0]?.data).toBe('{}')
  })

  test('the real properties of the session stay as they were', async () => {
    const { at, ada } = await signedIn()
    await ada.request(session => Object.assign(session, { subject: 'root', authenticatedAt: 0, handle: 'h' }))
    expect(at.store.records()).toMatchObject([{ subject: 'ada', authenticatedAt: at.clock.now() }])
    const [summary] = await at.sessions.of('ada').list()
    expect(summary).toMatchObject({ subject: 'ada', handle: at.sessions.handleOf(ada.id) })
    expect(await at.sessions.of('root').list()).toEqual([])
  })

  test('data named `subject` does not pass for a recent sign-in', async () => {
    const at = stage()
    const { session } = await at.visitor().arrive()
    Object.assign(session!, { subject: 'root', authenticatedAt: at.clock.now() })
    expect(() => session!.requireRecentSignIn('10m')).toThrow(
      expect.objectContaining({ code: 'SIGN_IN_REQUIRED' }),
    )
  })
})

describe('demanding a recent sign-in', () => {
  test('it is exact to the millisecond, by the clock of the manager', async () => {
    const { at, visit } = await signedIn()
    at.clock.advance(10 * minute - 1)
    expect(() => visit.session!.requireRecentSignIn('10m')).not.toThrow()
    at.clock.advance(1)
    expect(() => visit.session!.requireRecentSignIn('10m')).toThrow(
      expect.objectContaining({ code: 'SIGN_IN_REQUIRED', status: 401 }),
    )
  })

  test('a new sign-in counts as recent, and neither a new id nor an update does', async () => {
    const { at, visit } = await signedIn()
    at.clock.advance(10 * minute)
    await visit.session!.rotate()
    await visit.session!.update(() => undefined)
    expect(() => visit.session!.requireRecentSignIn('10m')).toThrow()
    await visit.session!.signIn('ada')
    expect(() => visit.session!.requireRecentSignIn('10m')).not.toThrow()
    await visit.session!.signOut()
    expect(() => visit.session!.requireRecentSignIn('10m')).toThrow()
  })
})

/** The next request of a visitor who has signed in. */
async function signedIn(
  traits: StoreTraits = atOnce,
): Promise<{ at: Stage; ada: Visitor; visit: TestVisit }> {
  const at = stage({}, traits)
  const ada = at.visitor()
  await ada.request(async (session, visit) => {
    await session.signIn('ada')
    Object.assign(visit.session!, { views: 1 })
  })
  return { at, ada, visit: await ada.arrive() }
}

/** Calls a method with a callback, and waits for a while after the callback, in case it is called again. */
async function call(session: TestSession, act: Act) {
  const calls: unknown[][] = []
  let answer: unknown
  let wasCalledAtOnce = true
  await new Promise<void>(resolve => {
    answer = act(session, (...given) => {
      calls.push(given)
      setImmediate(resolve)
    })
    wasCalledAtOnce = calls.length > 0
  })
  return { answer, calls, wasCalledAtOnce }
}
