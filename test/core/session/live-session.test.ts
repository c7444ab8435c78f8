import { describe, expect, test } from 'vitest'
import { later, minute, stage, type TestSession } from '../stage.ts'

const data = { user: 'ada', views: 1, nested: { list: [1, 2], deep: { a: 1 } }, nothing: null }

describe.each([
  ['answers at once', undefined],
  ['answers later', later],
])('what counts as a change, with a store that %s', (_kind, traits) => {
  test.each<[string, (session: TestSession) => unknown]>([
    ['looking at nothing', () => undefined],
    ['reading a text', session => session.user],
    ['reading what is not there', session => session.missing],
    ['reading a nested value', session => Object(session.nested).deep.a],
    ['reading all of it', session => JSON.stringify(session)],
    ['asking for its keys', session => Object.keys(session)],
    ['asking with `in`', session => 'user' in session],
    ['looking at the cookie', session => session.cookie.maxAge],
    ['setting a value to what it was', session => Object.assign(session, { user: 'ada', views: 1 })],
    ['setting an object to an equal one', session => Object.assign(session, structuredClone(data))],
    ['setting a value, and setting it back', session => Object.assign(session, { views: 2 }, { views: 1 })],
    [
      'changing a nested value, and changing it back',
      session => {
        Object(session.nested).deep.a = 2
        Object(session.nested).deep.a = 1
      },
    ],
    ['adding a value, and deleting it', session => Object.assign(session, { x: 1 }) && delete session.x],
    ['adding a name without a value', session => Object.assign(session, { x: undefined })],
    ['deleting what is not there', session => delete session.missing],
    ['replacing a method', session => Reflect.set(session, 'save', () => undefined)],
    ['touching it', session => session.touch()],
  ])('%s is no change', async (_name, act) => {
    const { store, ada } = await signedIn(traits)
    const visit = await ada.request(act)
    expect(store.calls).toEqual(['load'])
    expect(visit.setCookie).toBeUndefined()
    expect(visit.outcome).toBe('found')
  })

  test.each<[string, (session: TestSession) => unknown, object]>([
    ['setting a value', session => Object.assign(session, { views: 2 }), { ...data, views: 2 }],
    [
      'setting a value to another kind',
      session => Object.assign(session, { views: '1' }),
      { ...data, views: '1' },
    ],
    ['adding a value', session => Object.assign(session, { x: null }), { ...data, x: null }],
    ['deleting a value', session => delete session.user, { views: 1, nested: data.nested, nothing: null }],
    [
      'setting a value to undefined',
      session => Object.assign(session, { user: undefined }),
      { views: 1, nested: data.nested, nothing: null },
    ],
    [
      'changing a nested value',
      session => {
        Object(session.nested).deep.a = 2
      },
      { ...data, nested: { list: [1, 2], deep: { a: 2 } } },
    ],
    [
      'changing a nested value that was taken out before',
      session => {
        const { nested } = session
        session.views = 1
        Object(nested).list.push(3)
      },
      { ...data, nested: { list: [1, 2, 3], deep: { a: 1 } } },
    ],
    [
      'changing a nested value through its descriptor',
      session => {
        Object.getOwnPropertyDescriptor(session, 'nested')!.value.list.push(3)
      },
      { ...data, nested: { list: [1, 2, 3], deep: { a: 1 } } },
    ],
    [
      'changing a nested value through a copy of the session',
      session => {
        Object({ ...session }.nested).list.push(3)
      },
      { ...data, nested: { list: [1, 2, 3], deep: { a: 1 } } },
    ],
    [
      'changing a nested value through its entries',
      session => {
        for (const [, value] of Object.entries(session)) if (Object(value).deep) Object(value).deep.a = 3
      },
      { ...data, nested: { list: [1, 2], deep: { a: 3 } } },
    ],
    [
      'defining a property',
      session => Object.defineProperty(session, 'x', { value: 1, enumerable: true, configurable: true }),
      { ...data, x: 1 },
    ],
  ])('%s is a change, and is stored', async (_name, act, stored) => {
    const { store, ada } = await signedIn(traits)
    await ada.request(act)
    expect(store.calls).toEqual(['load', 'replace'])
    await ada.request(session => {
      const { cookie: _cookie, ...values } = session
      expect(values).toEqual(stored)
    })
  })

  test('an object that the route got before an explicit save and changed after it is stored', async () => {
    const { store, ada } = await signedIn(traits)
    await ada.request(async session => {
      const nested = Object(session.nested)
      await session.save()
      nested.list.push(3)
    })
    expect(String(store.records()[0]?.data)).toContain('"list":[1,2,3]')
  })
})

describe('the lifetime of one session', () => {
  test("a session's own lifetime outlives the request, and is not stored when it equals the configured one", async () => {
    const { store, visitor, clock } = stage({ cookie: { maxAge: 60 * minute } })
    const ada = visitor()
    await ada.request(session => Object.assign(session, { user: 'ada' }))
    expect(store.records()[0]?.data).toBe('{"user":"ada"}')
    await ada.request(session => {
      session.cookie.maxAge = 5 * minute
    })
    clock.advance(minute)
    await ada.request(session => {
      expect(session.cookie.originalMaxAge).toBe(5 * minute)
      session.cookie.maxAge = 60 * minute
    })
    expect(store.records()[0]?.data).toBe('{"user":"ada"}')
  })

  test('a lifetime that ends with the browser is kept, too', async () => {
    const { visitor } = stage({ cookie: { maxAge: 60 * minute } })
    const ada = visitor()
    await ada.request(session => {
      session.user = 'ada'
      session.cookie.maxAge = null
    })
    const visit = await ada.request(session => {
      expect(session.cookie.originalMaxAge).toBeNull()
      session.user = 'bob'
      session.cookie.maxAge = 7 * minute
    })
    expect(visit.setCookie).toContain('Max-Age=420')
  })

  test('a changed configuration applies to sessions without a lifetime of their own', async () => {
    const { store, visitor, clock } = stage({ cookie: { maxAge: 60 * minute } })
    const ada = visitor()
    await ada.request(session => Object.assign(session, { user: 'ada' }))
    const shorter = stage({ cookie: { maxAge: 5 * minute }, store, clock })
    await shorter.visitor(ada.cookie).request(session => {
      expect(session.cookie.originalMaxAge).toBe(5 * minute)
    })
  })
})

async function signedIn(traits: Parameters<typeof stage>[1]): Promise<{
  readonly store: ReturnType<typeof stage>['store']
  readonly ada: ReturnType<ReturnType<typeof stage>['visitor']>
}> {
  const { store, visitor } = stage({}, traits)
  const ada = visitor()
  await ada.request(session => Object.assign(session, structuredClone(data)))
  expect(store.calls).toEqual(['create'])
  store.forgetCalls()
  return { store, ada }
}
