import session from 'sojourn'
import { describe, expect, test } from 'vitest'
import { ScriptedStore } from '../stores/scripted-store.ts'
import { hour, type Stage, stage, type Visitor } from './stage.ts'

const noHandles: readonly unknown[] = [
  ...['', 'x', 'k'.repeat(42), 'k'.repeat(44), `${'k'.repeat(42)}.`, '../../etc/passwd', '__proto__'],
  ...[undefined, null, 7, true, {}, [], ['k'.repeat(43)], { toString: () => 'k'.repeat(43) }],
]
const noSessions: readonly unknown[] = [undefined, null, {}, 'x', 7, [], { handle: 'k'.repeat(43) }]

describe('a manager', () => {
  test('tells the name of its cookie', () => {
    expect(stage().sessions.name).toBe('connect.sid')
    expect(stage({ name: 'sid' }).sessions.name).toBe('sid')
  })

  test('the handle of a session is the key of its record, and no id', async () => {
    const { sessions, store, visitor } = stage()
    const ada = visitor()
    await ada.request(session => Object.assign(session, { user: 'ada' }))
    expect(sessions.handleOf(ada.id)).toBe(store.records()[0]?.key)
    expect(sessions.handleOf(ada.id)).not.toContain(ada.id)
  })

  test('beginning a visit touches neither the cookie nor the store', () => {
    const { sessions, store } = stage()
    const visit = sessions.visit({
      get cookieHeader() {
        return expect.unreachable()
      },
      isSecure: true,
      request: undefined,
    })
    expect([visit.outcome, visit.setCookie, store.calls]).toEqual(['none', undefined, []])
  })

  test('two managers on one store do not see the sessions of each other', async () => {
    const { store, clock, visitor } = stage({ name: 'one' })
    const ada = visitor()
    await ada.request(session => Object.assign(session, { user: 'ada' }))
    const other = stage({ store, clock, name: 'two' })
    const visit = await other.visitor(String(ada.cookie).replace('one=', 'two=')).request()
    expect(visit.outcome).toBe('missing')
  })

  test('two managers with the same name and secret share their sessions', async () => {
    const { store, clock, visitor } = stage()
    const ada = visitor()
    await ada.request(session => Object.assign(session, { user: 'ada' }))
    const other = stage({ store, clock })
    await other.visitor(ada.cookie).request(session => expect(session['user']).toBe('ada'))
  })
})

describe('finding and ending one session by its handle', () => {
  test('the session of a handle is found, signed in or not', async () => {
    const at = stage()
    const visitor = at.visitor()
    await visitor.request(data => Object.assign(data, { cart: 1 }))
    const handle = at.sessions.handleOf(visitor.id)
    expect(await at.sessions.find(handle)).toMatchObject({ handle, subject: undefined })
    await visitor.request(data => data.signIn('ada'))
    expect(await at.sessions.find(handle)).toBeUndefined()
    expect(await at.sessions.find(at.sessions.handleOf(visitor.id))).toMatchObject({ subject: 'ada' })
  })

  test.each(noHandles)('%o is no handle: nothing is found or ended, without a store call', async wrong => {
    const at = stage()
    await signedIn(at)
    at.store.forgetCalls()
    expect(await at.sessions.find(wrong as never)).toBeUndefined()
    expect(await at.sessions.end(wrong as never)).toBe(false)
    expect(await at.sessions.of('ada').end(wrong as never)).toBe(false)
    expect(at.store.calls).toEqual([])
    expect(at.store.records()).toHaveLength(1)
  })

  test('an unknown handle finds nothing and ends nothing', async () => {
    const { sessions } = stage()
    expect(await sessions.find('k'.repeat(43))).toBeUndefined()
    expect(await sessions.end('k'.repeat(43))).toBe(false)
  })

  test('an id is no handle', async () => {
    const at = stage()
    const ada = await signedIn(at)
    expect(await at.sessions.find(ada.id)).toBeUndefined()
    expect(await at.sessions.end(ada.id)).toBe(false)
    expect((await ada.request()).outcome).toBe('found')
  })

  test('an ended session is gone for its visitor, and cannot be ended twice', async () => {
    const at = stage()
    const ada = await signedIn(at)
    const handle = at.sessions.handleOf(ada.id)
    expect([await at.sessions.end(handle), await at.sessions.end(handle)]).toEqual([true, false])
    expect(await at.sessions.find(handle)).toBeUndefined()
    expect((await ada.request()).outcome).toBe('revoked')
  })

  test('an expired session is not found, even if the store still has it', async () => {
    const at = stage({ absolute: '1h' })
    const ada = await signedIn(at)
    const handle = at.sessions.handleOf(ada.id)
    const [record] = at.store.records()
    at.clock.advance(hour)
    at.store.next('load', () => ({ ...record, expiresAt: Number.POSITIVE_INFINITY }) as never)
    expect(await at.sessions.find(handle)).toBeUndefined()
  })

  test('a store failure rejects', async () => {
    const { sessions, store } = stage()
    store.fail('load')
    await expect(sessions.find('k'.repeat(43))).rejects.toMatchObject({ code: 'STORE_FAILED' })
    store.fail('delete')
    await expect(sessions.end('k'.repeat(43))).rejects.toMatchObject({ code: 'STORE_FAILED' })
  })
})

describe('the sessions of one subject', () => {
  test.each([undefined, null, '', true, {}, [], Number.NaN, 'x'.repeat(1025)])('%o is no subject', wrong => {
    expect(() => stage().sessions.of(wrong as never)).toThrow(
      expect.objectContaining({ code: 'SUBJECT_INVALID' }),
    )
  })

  test('a number and its text are one subject', async () => {
    const at = stage()
    await at.visitor().request(data => data.signIn(7))
    expect(await at.sessions.of('7').list()).toEqual(await at.sessions.of(7).list())
    expect(await at.sessions.of(7).list()).toHaveLength(1)
  })

  test('a subject ends only its own sessions', async () => {
    const at = stage()
    const [ada, bob] = [await signedIn(at), await signedIn(at, 'bob')]
    expect(await at.sessions.of('ada').end(at.sessions.handleOf(bob.id))).toBe(false)
    expect((await bob.request()).outcome).toBe('found')
    expect(await at.sessions.of('ada').end(at.sessions.handleOf(ada.id))).toBe(true)
    expect((await ada.request()).outcome).toBe('revoked')
  })

  test('endOthers takes the session to keep, or its handle', async () => {
    const at = stage()
    const [one, two] = [await signedIn(at), await signedIn(at)]
    expect(await at.sessions.of('ada').endOthers(at.sessions.handleOf(one.id))).toBe(1)
    expect((await two.request()).outcome).toBe('revoked')
    const three = await signedIn(at)
    await three.request(async data => expect(await at.sessions.of('ada').endOthers(data)).toBe(1))
    const visits = await Promise.all([one.request(), three.request()])
    expect(visits.map(({ outcome }) => outcome)).toEqual(['revoked', 'found'])
  })

  test.each([...noSessions, ...noHandles])(
    '%o as the session to keep is refused, and nothing ends',
    async wrong => {
      const at = stage()
      await signedIn(at)
      at.store.forgetCalls()
      const error = await at.sessions
        .of('ada')
        .endOthers(wrong as never)
        .catch(caught => caught)
      expect(error).toMatchObject({ code: 'OPTION_INVALID', message: expect.stringContaining('`endOthers`') })
      expect(at.store.calls).toEqual([])
    },
  )

  test('endAll ends all of them, and answers how many', async () => {
    const at = stage()
    await signedIn(at)
    await signedIn(at)
    expect([await at.sessions.of('ada').endAll(), await at.sessions.of('ada').endAll()]).toEqual([2, 0])
    expect(at.store.records()).toEqual([])
  })
})

describe('a form token', () => {
  test.each(noSessions)('asking for the one of %o throws', wrong => {
    const { sessions } = stage()
    for (const [name, ask] of [
      ['formTokenFor', () => sessions.formTokenFor(wrong as never)],
      ['isFormTokenOf', () => sessions.isFormTokenOf(wrong as never, 'token')],
    ] as const) {
      expect(ask).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
      expect(ask).toThrow(`\`${name}\``)
    }
  })

  test('belongs to the real handle of the session, whatever data has that name', async () => {
    const at = stage()
    const [ada, bob] = [await signedIn(at), await signedIn(at)]
    const { session: mine } = await ada.arrive()
    const { session: theirs } = await bob.arrive()
    const token = at.sessions.formTokenFor(theirs!)
    Object.assign(mine!, { handle: theirs!.handle })
    expect(at.sessions.isFormTokenOf(mine!, token)).toBe(false)
    expect(at.sessions.isFormTokenOf(theirs!, token)).toBe(true)
  })
})

describe('a manager with a store for express-session', () => {
  const { sessions } = session({ secret: 'a secret that only the tests know', store: new ScriptedStore() })
  const handle = 'k'.repeat(43)

  test('throws a clear error for handles and subjects', async () => {
    await expect(sessions.find(handle)).rejects.toMatchObject({ code: 'STORE_UNABLE' })
    await expect(sessions.end(handle)).rejects.toMatchObject({ code: 'STORE_UNABLE' })
    expect(() => sessions.of('ada')).toThrow(expect.objectContaining({ code: 'STORE_UNABLE' }))
  })

  test('a value that is no handle is no session there either', async () => {
    expect([await sessions.find('x'), await sessions.end('x')]).toEqual([undefined, false])
  })
})

async function signedIn({ visitor }: Stage, subject = 'ada'): Promise<Visitor> {
  const arrived = visitor()
  await arrived.request(data => data.signIn(subject))
  return arrived
}
