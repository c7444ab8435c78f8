import session, { createSessions, systemClock } from 'sojourn'
import { memoryStore } from 'sojourn/memory'
import { fakeClock } from 'sojourn/testing'
import { describe, expect, test, vi } from 'vitest'
import { idOf } from '../core/stage.ts'

const secret = 'a secret that only the tests know'

describe('a manager without a framework', () => {
  test('a returning visitor has their session, with nothing configured but the secret', async () => {
    const sessions = createSessions<{ user: string }>({ secret })
    const first = sessions.visit({ cookieHeader: undefined, isSecure: false, request: undefined })
    await first.open()
    Object.assign(first.session ?? {}, { user: 'ada' })
    await first.commit()
    expect(first.setCookie).toMatch(/^connect\.sid=s%3A[\w-]{32}\.[\w%]+; Path=\/; HttpOnly$/)
    const cookieHeader = first.setCookie?.split(';')[0]
    const second = sessions.visit({ cookieHeader, isSecure: false, request: undefined })
    await second.open()
    expect(second.session?.user).toBe('ada')
    expect(second.id).toBe(idOf(cookieHeader))
  })

  test('the default store uses the clock of the options', () => {
    const clock = fakeClock()
    const timers = vi.spyOn(systemClock, 'after')
    const sessions = createSessions({ secret, clock, idle: '20m' })
    const first = sessions.visit({ cookieHeader: undefined, isSecure: false, request: undefined })
    Object.assign(first.session ?? {}, { user: 'ada' })
    void first.commit()
    const cookieHeader = first.setCookie?.split(';')[0]
    clock.advance(22 * 60_000)
    const second = sessions.visit({ cookieHeader, isSecure: false, request: undefined })
    expect([second.session !== undefined, second.outcome]).toEqual([true, 'expired'])
    expect(timers).not.toHaveBeenCalled()
    timers.mockRestore()
  })

  test('two managers without a store share nothing', () => {
    const [one, other] = [createSessions({ secret }), createSessions({ secret })]
    const first = one.visit({ cookieHeader: undefined, isSecure: false, request: undefined })
    Object.assign(first.session ?? {}, { user: 'ada' })
    void first.commit()
    const second = other.visit({
      cookieHeader: first.setCookie?.split(';')[0],
      isSecure: false,
      request: undefined,
    })
    expect([second.session !== undefined, second.outcome]).toEqual([true, 'missing'])
  })

  test('the manager uses the store that it is given', () => {
    const store = memoryStore()
    const visit = createSessions({ secret, store }).visit({
      cookieHeader: undefined,
      isSecure: false,
      request: undefined,
    })
    Object.assign(visit.session ?? {}, { user: 'ada' })
    void visit.commit()
    expect(store.size).toBe(1)
  })

  test('a store for express-session keeps the sessions as express-session does', async () => {
    const store = new session.MemoryStore()
    const sessions = createSessions<{ user: string }>({ secret, store })
    const first = sessions.visit({ cookieHeader: undefined, isSecure: false, request: {} })
    await first.open()
    Object.assign(first.session ?? {}, { user: 'ada' })
    await first.commit()
    const cookieHeader = first.setCookie?.split(';')[0]
    const [kept] = await new Promise<object[]>(resolve =>
      store.all((_error, all) => resolve(Object.values(all ?? {}))),
    )
    expect(kept).toMatchObject({ cookie: { path: '/', httpOnly: true }, user: 'ada' })
    const second = sessions.visit({ cookieHeader, isSecure: false, request: {} })
    await second.open()
    expect([second.session?.user, second.id]).toEqual(['ada', idOf(cookieHeader)])
    expect(() => createSessions({ secret, store, seal: 'server' })).toThrow(
      'Expected no `seal` with a store that was written for express-session',
    )
  })

  test('a wrong option throws at construction', () => {
    expect(() => createSessions({ secret, idle: '20 mins' })).toThrow(
      "Expected `idle` to be a duration such as '20m' or a number of milliseconds above 0, got '20 mins'.",
    )
  })
})
