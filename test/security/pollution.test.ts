import session from 'sojourn'
import { afterEach, describe, expect, test } from 'vitest'
import { atOnce, later, secret, stage, type TestSession } from '../core/stage.ts'
import { ask } from '../support/http-client.ts'
import { plain, serve } from '../support/servers.ts'
import { frameworks, openShop, signIn } from './shop.ts'

const prototypes = [
  Object.prototype,
  Array.prototype,
  Function.prototype,
  session.Session.prototype,
] as object[]
const before = prototypes.map(prototype => Reflect.ownKeys(prototype))

afterEach(() => {
  expect(prototypes.map(prototype => Reflect.ownKeys(prototype))).toEqual(before)
  expect(({} as { isAdmin?: unknown }).isAdmin).toBeUndefined()
})

/** Data that has been a way to give objects a prototype, methods or another meaning. */
const poisons = [
  '{"__proto__":{"isAdmin":true}}',
  '{"constructor":{"prototype":{"isAdmin":true}}}',
  '{"constructor":"x","prototype":{"isAdmin":true}}',
  '{"toJSON":"x","toString":"y","valueOf":1}',
  '{"then":"x","catch":1,"finally":2}',
  '{"hasOwnProperty":1,"isPrototypeOf":2,"__defineGetter__":3,"__lookupSetter__":4}',
  '{"cookie":{"__proto__":{"isAdmin":true},"originalMaxAge":null}}',
  '{"save":1,"destroy":2,"regenerate":3,"reload":4,"touch":5,"id":"x","req":7}',
  '{"__proto__":null,"__proto__":{"isAdmin":true}}',
]

describe.each([
  ['answers at once', atOnce],
  ['answers later', later],
])('with a store that %s', (_kind, traits) => {
  test.each(poisons)('a record of %s gives a session neither a prototype nor a method (F5)', async data => {
    const { visitor, store } = stage({}, traits)
    const ada = visitor()
    await ada.request(session => Object.assign(session, { user: 'ada' }))
    const [record] = store.records()
    store.next('load', () => ({ ...record, data }) as never)
    await ada.request(expectSound)
  })

  test.each(poisons)(
    'assigning %s to a session does neither, then and with the next request (F5)',
    async data => {
      const { visitor } = stage({}, traits)
      const ada = visitor()
      await ada.request(session => {
        session.user = 'ada'
        give(session, data)
      })
      await ada.request(async session => {
        expectSound(session)
        expect(session.user).toBe('ada')
        session.views = 1
      })
      await ada.request(session => expect(session.views).toBe(1))
    },
  )

  test.each(poisons)('two requests that merge %s give a session neither (F5)', async data => {
    const { visitor } = stage({}, traits)
    const ada = visitor()
    await ada.request(session => Object.assign(session, { user: 'ada' }))
    const slow = await ada.arrive()
    Object.assign(give(slow.session!, data), { slow: 1 })
    await ada.request(session => Object.assign(give(session, data), { fast: 1 }))
    await slow.commit()
    await ada.request(session => {
      expectSound(session)
      expect([session.slow, session.fast]).toEqual([1, 1])
    })
  })
})

describe('with a store for express-session', () => {
  test.each(poisons)('a record of %s gives a session neither (F5)', async data => {
    const store = new session.MemoryStore()
    let seen: unknown
    const port = await serve(
      plain(session({ secret, store }), ({ session: visited }, response) => {
        visited.user ??= 'ada'
        seen = [Reflect.get(visited, 'isAdmin'), visited instanceof session.Session, typeof visited.save]
        response.end()
      }),
    )
    const { cookie } = await ask(port)
    store.get = (_id, answer) => answer(undefined, { cookie: {}, ...JSON.parse(data) })
    expect((await ask(port, '/', { headers: { cookie } })).status).toBe(200)
    expect(seen).toEqual([undefined, true, 'function'])
  })
})
test('`session.__proto__` is not the prototype of all objects (F5)', async () => {
  const { visitor } = stage()
  await visitor().request(session => expect(Reflect.get(session, '__proto__')).not.toBe(Object.prototype))
})

describe.each(frameworks)('on %s', framework => {
  test('cookies with the names of every object are names like others (C5)', async () => {
    const shop = await openShop({ framework })
    const pair = await signIn(shop)
    const names = [...Object.getOwnPropertyNames(Object.prototype), 'then', 'toJSON', 'prototype', 'isAdmin']
    for (const name of names) {
      const value = encodeURIComponent('j:{"isAdmin":true}')
      const answer = await ask(shop.port, '/', {
        headers: { cookie: `${name}=${value}; ${pair}; ${name}.x=1` },
      })
      expect([answer.status, answer.body]).toEqual([200, 'ada'])
    }
  })
})

describe('options from text', () => {
  const own = (text: string): never => JSON.parse(text) as never

  test.each([
    `{"secret":"${secret}","__proto__":{"rolling":true}}`,
    `{"secret":"${secret}","constructor":{"prototype":{"rolling":true}}}`,
    `{"secret":"${secret}","cookie":{"__proto__":{"httpOnly":false}}}`,
    `{"secret":"${secret}","cookie":{"constructor":1}}`,
    `{"secret":"${secret}","name":"__proto__"}`,
    '{"__proto__":{"secret":"x"}}',
  ])('%s is refused by a manager (C5)', text => {
    expect(() => session.createSessions(own(text))).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }),
    )
  })

  test('in the drop-in they change nothing (C5)', async () => {
    const options = own(
      `{"secret":"${secret}","__proto__":{"rolling":true,"saveUninitialized":true},"cookie":{"__proto__":{"httpOnly":false,"domain":"evil.test"}}}`,
    )
    const port = await serve(
      plain(session(options), ({ session: visited, url }, response) => {
        if (url === '/in') visited.user = 'ada'
        response.end()
      }),
    )
    expect((await ask(port)).cookies).toEqual([])
    const { cookies, cookie } = await ask(port, '/in')
    expect(cookies[0]).toMatch(/; Path=\/; HttpOnly$/)
    expect((await ask(port, '/', { headers: { cookie } })).cookies).toEqual([])
  })
})

describe('data that no record can hold', () => {
  const nested = (depth: number): unknown => {
    let value: unknown = 1
    for (let level = 0; level < depth; level += 1) value = [value]
    return value
  }
  const cycle: unknown[] = []
  cycle.push(cycle)

  test.each<[string, () => unknown]>([
    ['a BigInt', () => 1n],
    ['a cycle', () => cycle],
    ['something that cannot be read', () => ({ toJSON: refuse })],
  ])('%s is a typed error, and nothing of it is stored (F6)', async (_what, make) => {
    const { visitor, store } = stage()
    const ada = visitor()
    await ada.request(session => Object.assign(session, { user: 'ada' }))
    const [stored] = store.records()
    store.forgetCalls()
    const failure = await ada
      .request(session => Object.assign(session, { user: 'bob', odd: make() }))
      .catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'VALUE_UNSUPPORTED' })
    expect(store.calls).toEqual(['load'])
    expect(store.records()).toEqual([stored])
    await ada.request(session => expect(session.user).toBe('ada'))
  })

  // How deep JSON goes is the engine's affair.
  test.each([10_000, 100_000])(
    'lists %d deep are stored whole or refused, and never in part (F6)',
    async depth => {
      const { visitor } = stage()
      const ada = visitor()
      await ada.request(session => Object.assign(session, { user: 'ada' }))
      const failure: unknown = await ada
        .request(session => Object.assign(session, { user: 'bob', odd: nested(depth) }))
        .then(() => undefined)
        .catch((error: unknown) => error)
      if (failure !== undefined) expect(failure).toMatchObject({ code: 'VALUE_UNSUPPORTED' })
      await ada.request(session => expect(session.user).toBe(failure === undefined ? 'bob' : 'ada'))
    },
  )

  test('a session with a `toJSON` of its own is refused, because the method would decide what is stored (F6)', async () => {
    const ada = stage().visitor()
    const assigning = ada.request(session => Object.assign(session, { user: 'ada', toJSON: () => 'x' }))
    await expect(assigning).rejects.toMatchObject({ code: 'VALUE_UNSUPPORTED' })
  })
})

/** Assigns all of some data that the session takes. What it does not take is an error, which is checked here. */
function give(session: TestSession, data: string): TestSession {
  const given: object = JSON.parse(data)
  for (const name of Object.getOwnPropertyNames(given).filter(each => each !== 'cookie')) {
    const assign = (): boolean => Reflect.set(session, name, Reflect.get(given, name))
    const isTaken = !(name in session)
    if (isTaken) expect(assign()).toBe(true)
    else expect(assign).toThrow(expect.objectContaining({ code: 'NAME_RESERVED' }))
  }
  return session
}

function expectSound(session: TestSession): void {
  expect(session.isAdmin).toBeUndefined()
  expect('isAdmin' in session).toBe(false)
  expect(Object.getPrototypeOf(session)).toBe(sessionPrototype)
  for (const method of ['save', 'destroy', 'regenerate', 'reload', 'touch', 'hasOwnProperty', 'toString']) {
    expect(typeof session[method]).toBe('function')
  }
  expect(() => JSON.stringify(session)).not.toThrow()
}

function refuse(): never {
  throw new Error('no')
}

const sessionPrototype: unknown = session.Session.prototype
