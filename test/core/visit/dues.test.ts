import { describe, expect, test } from 'vitest'
import { hour, idOf, minute, stage, type TestSession } from '../stage.ts'

const change = (session: TestSession): unknown => Object.assign(session, { views: Math.random() })

describe('when the cookie is sent again', () => {
  test('a change renews a cookie that has a lifetime, from now', async () => {
    const { visitor, clock } = stage({ cookie: { maxAge: hour } })
    const ada = visitor()
    await ada.request(change)
    clock.advance(10 * minute)
    const visit = await ada.request(change)
    expect(visit.setCookie).toContain('Max-Age=3600; Expires=Tue, 01 Jan 2030 01:10:00 GMT')
  })

  test('`rolling` renews it with every response, with or without a change', async () => {
    const { visitor, clock } = stage({ rolling: true, cookie: { maxAge: hour } })
    const ada = visitor()
    await ada.request(change)
    clock.advance(10 * minute)
    expect((await ada.request()).setCookie).toContain('Max-Age=3600; Expires=Tue, 01 Jan 2030 01:10:00 GMT')
  })

  test('an explicit save counts as a change', async () => {
    const { visitor } = stage({ cookie: { maxAge: hour } })
    const ada = visitor()
    await ada.request(change)
    const visit = await ada.request(async session => {
      change(session)
      await session.save()
    })
    expect(visit.setCookie).toContain('Max-Age=3600')
  })

  /** @see express-session, where such a change is lost (Q13) */
  test('a changed lifetime alone is stored and sent', async () => {
    const { store, visitor } = stage({ cookie: { maxAge: hour } })
    const ada = visitor()
    await ada.request(change)
    store.forgetCalls()
    const visit = await ada.request(session => {
      session.cookie.maxAge = 5 * minute
    })
    expect(store.calls).toEqual(['load', 'replace'])
    expect(visit.setCookie).toContain('Max-Age=300;')
    await ada.request(session => expect(session.cookie.originalMaxAge).toBe(5 * minute))
  })

  test('a lifetime that changes to one until the browser closes is sent, too', async () => {
    const { visitor } = stage({ cookie: { maxAge: hour } })
    const ada = visitor()
    await ada.request(change)
    const visit = await ada.request(session => {
      session.cookie.maxAge = null
    })
    expect(visit.setCookie).toMatch(/^connect\.sid=/)
    expect(visit.setCookie).not.toContain('Max-Age')
  })

  /** @see express-session, where it is sent again only with a change (Q8) */
  test('a cookie signed by an old secret is signed by the newest, and sent once', async () => {
    const secrets = ['old']
    const { store, visitor } = stage({ secret: secrets })
    const ada = visitor()
    await ada.request(change)
    const { id, cookie } = ada
    secrets.unshift('new')
    store.forgetCalls()
    const visit = await ada.request()
    expect(idOf(visit.setCookie)).toBe(id)
    expect(ada.cookie).not.toBe(cookie)
    // The second load asks whether the session is still there.
    expect(store.calls).toEqual(['load', 'load'])
    expect((await ada.request()).setCookie).toBeUndefined()
    secrets.pop()
    expect((await ada.request()).outcome).toBe('found')
    expect((await visitor(cookie).request()).outcome).toBe('tampered')
  })

  test('a signature remembered under an old secret is not sent after the secrets have changed', async () => {
    const secrets = ['old']
    const { visitor } = stage({ secret: secrets, rolling: true })
    const ada = visitor()
    await ada.request(change)
    const before = (await ada.request()).setCookie
    secrets[0] = 'new'
    secrets.push('old')
    const after = (await ada.request()).setCookie
    expect(after).not.toBe(before)
    secrets.pop()
    expect((await ada.request()).outcome).toBe('found')
  })
})

describe('a cookie for secure connections only', () => {
  test.each([true, 'auto'] as const)(
    'with `secure: %s` it never leaves over an insecure one',
    async secure => {
      const { store, visitor } = stage({ cookie: { secure } })
      const open = await visitor().request(change, { isSecure: false })
      expect(open.setCookie === undefined).toBe(secure === true)
      const encrypted = await visitor().request(change, { isSecure: true })
      expect(encrypted.setCookie).toContain('; Secure')
      expect(store.calls).toEqual(['create', 'create'])
    },
  )

  test('a value that the application sets on one cookie counts', async () => {
    const { visitor } = stage()
    const visit = await visitor().request(
      session => {
        change(session)
        session.cookie.secure = true
      },
      { isSecure: false },
    )
    expect(visit.setCookie).toBeUndefined()
  })
})

describe('the attributes of a cookie', () => {
  /** @see express-session, where stored attributes beat the configuration (Q7) */
  test('a hardened configuration applies to existing sessions', async () => {
    const { store, visitor, clock } = stage({ cookie: { httpOnly: false, path: '/old' } })
    const ada = visitor()
    await ada.request(change)
    const hardened = stage({ store, clock, rolling: true, cookie: { secure: true, sameSite: 'strict' } })
    const visit = await hardened.visitor(ada.cookie).request(session => session.cookie)
    expect(visit.setCookie).toMatch(/; Path=\/; HttpOnly; Secure; SameSite=Strict$/)
  })

  test('`expires` in the past on a new session is sent as it is', async () => {
    const { visitor } = stage()
    const visit = await visitor().request(session => {
      change(session)
      session.cookie.expires = new Date(0)
    })
    expect(visit.setCookie).toContain('Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT')
  })

  test('a lifetime set during the request counts for the cookie of that response', async () => {
    const { visitor } = stage()
    const visit = await visitor().request(session => {
      change(session)
      session.cookie.maxAge = 2500
    })
    expect(visit.setCookie).toContain('Max-Age=2; ')
  })

  test('a lifetime counts from when the response leaves, even when the save was slow', async () => {
    const { store, visitor, clock } = stage({ cookie: { maxAge: hour } })
    const visit = await visitor().arrive()
    change(visit.session!)
    const gate = store.hold('create')
    const committing = visit.commit()
    await gate.reached
    clock.advance(3000)
    gate.open()
    await committing
    expect(visit.setCookie).toContain('Expires=Tue, 01 Jan 2030 01:00:03 GMT')
  })
})
