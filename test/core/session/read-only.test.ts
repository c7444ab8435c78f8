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
    const inside = expect.objectContaining({
      code: 'SESSION_READ_ONLY',
      message: expect.stringMatching(/`(?:1|goods)`/),
    })
    expect(() => read.cart?.goods.push('milk')).toThrow(inside)
    expect(() => delete (read.cart as { goods?: unknown }).goods).toThrow(inside)
    expect(read.cart?.goods).toBe(read.cart?.goods)
    expect(JSON.parse(JSON.stringify({ ...read }))).toMatchObject({ cart: { goods: ['tea'] } })
    expect((await ada.arrive()).session).toMatchObject({ cart: { goods: ['tea'] } })
  })

  test('holds dates, maps and bytes, and returns copies of them', async () => {
    const { visitor, sessions } = stage({ codec: 'structured' }, traits)
    const ada = visitor()
    const data = {
      votes: new Map([['a', { count: 1 }]]),
      pin: new Uint8Array([1]),
      at: new Date(0),
      tags: new Set(['x']),
    }
    await ada.request(session => Object.assign(session, data))
    const read = (await sessions.read(carrierFor(ada) as never)) as unknown as typeof data
    read.votes.clear()
    read.pin.fill(9)
    read.at.setTime(9)
    read.tags.add('y')
    expect(read).toMatchObject(data)
  })

  test('shows the application’s own data under names that a session has too', async () => {
    const { visitor, sessions } = stage({}, traits)
    const ada = visitor()
    const data = { subject: 'Maths', handle: 'h', authenticatedAt: 'x' }
    await ada.request(session => Object.assign(session, data))
    expect(await sessions.read(carrierFor(ada) as never)).toMatchObject(data)
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
