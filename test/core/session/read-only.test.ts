import { describe, expect, test } from 'vitest'
import { atOnce, hour, later, minute, stage, type Visitor } from '../stage.ts'

const carrierFor = ({ cookie }: Visitor): object => ({
  cookieHeader: cookie,
  isSecure: true,
  request: undefined,
})

describe.each([
  ['answers at once', atOnce],
  ['answers later', later],
])('a read-only session, with a store that %s', (_kind, traits) => {
  test('shows its data and its subject', async () => {
    const { visitor, sessions } = stage({}, traits)
    const ada = visitor()
    await ada.request(async (session, visit) => {
      await session.signIn('ada')
      Object.assign(visit.session!, { cart: { goods: ['tea'] } })
    })
    const read = await sessions.read(carrierFor(ada) as never)
    expect(read).toMatchObject({ cart: { goods: ['tea'] }, subject: 'ada', handle: expect.any(String) })
    expect(Object.keys(read ?? {})).not.toContain('cookie')
  })

  test('throws on changes, with an error that says where to write', async () => {
    const { visitor, sessions } = stage({}, traits)
    const ada = visitor()
    await ada.request(session => Object.assign(session, { cart: { goods: ['tea'] } }))
    const read = (await sessions.read(carrierFor(ada) as never)) as { cart?: { goods: string[] } }
    const refusal = expect.objectContaining({
      code: 'SESSION_READ_ONLY',
      message: expect.stringContaining('`cart`'),
    })
    expect(() => Object.assign(read, { cart: 1 })).toThrow(refusal)
    expect(() => delete read.cart).toThrow(refusal)
    expect(() => Object.defineProperty(read, 'cart', { value: 1 })).toThrow(refusal)
    expect(() => read.cart?.goods.push('milk')).toThrow(TypeError)
    expect((await ada.arrive()).session).toMatchObject({ cart: { goods: ['tea'] } })
  })

  test('counts as activity, and keeps its id', async () => {
    const { visitor, sessions, clock } = stage(
      { idle: '20m', rotateEvery: '10m', cookie: { maxAge: 24 * hour } },
      traits,
    )
    const ada = visitor()
    await ada.request(session => Object.assign(session, { views: 1 }))
    const { id } = ada
    clock.advance(15 * minute)
    await sessions.read(carrierFor(ada) as never)
    clock.advance(15 * minute)
    const visit = await ada.arrive()
    expect([visit.outcome, visit.id]).toEqual(['found', id])
  })

  test('is absent for a stranger, who costs nothing', async () => {
    const { sessions, store } = stage({ saveUninitialized: true }, traits)
    const carrier = { cookieHeader: undefined, isSecure: true, request: undefined }
    expect(await sessions.read(carrier)).toBeUndefined()
    expect(store.calls).toEqual([])
  })
})
