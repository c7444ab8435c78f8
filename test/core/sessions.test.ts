import { describe, expect, test } from 'vitest'
import { stage } from './stage.ts'

describe('a manager', () => {
  test('it says the name of its cookie', () => {
    expect(stage().sessions.name).toBe('connect.sid')
    expect(stage({ name: 'sid' }).sessions.name).toBe('sid')
  })

  test('it names a session to people by what its record is kept under, and that is no id', async () => {
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
