import { describe, expect, test } from 'vitest'
import { failureOf, placesIn, twoManagers } from '../races/two-managers.ts'
import { type Anything, later, minute, type Stage, stage, type Visitor } from '../stage.ts'

const promote = (data: Anything) => {
  data['role'] = 'editor'
}

describe('a change of all sessions of a subject', () => {
  test('reaches each of them, and no session of another subject', async () => {
    const at = stage({}, later)
    const ada = [await signedIn(at), await signedIn(at)]
    const others = [await signedIn(at, 'bob'), at.visitor()]
    expect(await at.sessions.of('ada').update(promote)).toBe(2)
    for (const visitor of ada) expect((await dataOf(visitor)).role).toBe('editor')
    for (const visitor of others) expect((await dataOf(visitor)).role).toBeUndefined()
  })

  test('counts only the sessions that it has changed, and writes no other', async () => {
    const at = stage({}, later)
    const [, second] = [await signedIn(at), await signedIn(at)]
    await second.request(session => void (session['role'] = 'editor'))
    at.store.forgetCalls()
    expect(await at.sessions.of('ada').update(promote)).toBe(1)
    expect(at.store.calls.filter(verb => verb === 'replace')).toHaveLength(1)
    expect(await at.sessions.of('nobody').update(promote)).toBe(0)
  })

  test('may wait, and is awaited', async () => {
    const at = stage({}, later)
    const ada = await signedIn(at)
    await at.sessions.of('ada').update(async data => {
      await Promise.resolve()
      promote(data)
    })
    expect((await dataOf(ada)).role).toBe('editor')
  })

  test('does not count as activity', async () => {
    const at = stage({ idle: '20m', touchEvery: '1m' }, later)
    const ada = await signedIn(at)
    at.clock.advance(19 * minute)
    expect(await at.sessions.of('ada').update(promote)).toBe(1)
    at.clock.advance(3 * minute)
    expect((await ada.arrive()).outcome).not.toBe('found')
  })

  test('keeps the session under its id, its sign-in and its own lifetime', async () => {
    const at = stage({ rotateEvery: '5m' }, later)
    const ada = await signedIn(at)
    await ada.request(session => session.rotate())
    const [before] = at.store.records()
    await at.sessions.of('ada').update(promote)
    const [after] = at.store.records()
    expect(after).toEqual({ ...before, version: before!.version + 1, data: '{"user":"ada","role":"editor"}' })
    expect((await ada.arrive()).outcome).toBe('found')
  })

  test('seals the data again', async () => {
    const at = stage({ seal: 'server' }, later)
    const ada = await signedIn(at)
    await at.sessions.of('ada').update(promote)
    expect((await dataOf(ada)).role).toBe('editor')
  })

  test('is refused for data that only the visitor can open', async () => {
    const at = stage({ seal: 'visitor' }, later)
    await signedIn(at)
    expect(await failureOf(() => at.sessions.of('ada').update(promote))).toBe('STORE_UNABLE')
  })

  test('cannot give data a name that every session has itself', async () => {
    const at = stage({}, later)
    await signedIn(at)
    const forge = (data: Anything) => void (data['cookie'] = { originalMaxAge: 1e12 })
    expect(await failureOf(() => at.sessions.of('ada').update(forge))).toBe('NAME_RESERVED')
  })

  test('passes its own error on', async () => {
    const at = stage({}, later)
    await signedIn(at)
    const failing = at.sessions.of('ada').update(() => {
      throw new Error('no such role')
    })
    await expect(failing).rejects.toThrow('no such role')
  })

  test.each(placesIn(3))(
    'and a request that writes at the same time both count, at call $number, $moment',
    async ({ number, moment }) => {
      const at = twoManagers({}, later)
      const ada = at.visitor()
      await ada.request(session => session.signIn('ada'))
      const gate = ['list the sessions of a subject', 'load', 'replace'] as const
      const verb = gate[number] ?? 'replace'
      const held = moment === 'before' ? at.store.hold(verb) : at.store.holdAnswer(verb)
      const changing = at.one.of('ada').update(promote)
      await held.reached
      await at.elsewhere(ada).request(session => void (session['cart'] = 1))
      held.open()
      expect(await changing).toBe(1)
      expect(await dataOf(ada)).toMatchObject({ role: 'editor', cart: 1 })
    },
  )

  test.each(['load', 'replace'] as const)('brings no session back that ends before its %s', async verb => {
    const at = stage({}, later)
    const ada = await signedIn(at)
    const held = at.store.hold(verb)
    const changing = at.sessions.of('ada').update(promote)
    await held.reached
    await at.sessions.of('ada').endAll()
    held.open()
    expect(await changing).toBe(0)
    expect((await ada.arrive()).outcome).toBe('revoked')
    expect(at.store.records()).toEqual([])
  })
})

async function signedIn({ visitor }: Stage, subject = 'ada'): Promise<Visitor> {
  const arrived = visitor()
  await arrived.request(async (session, visit) => {
    await session.signIn(subject)
    Object.assign(visit.session!, { user: subject })
  })
  return arrived
}

async function dataOf(visitor: Visitor): Promise<Anything> {
  const { session } = await visitor.arrive()
  return { ...session }
}
