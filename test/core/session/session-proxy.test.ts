import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { Cookie } from '../../../src/core/cookies/cookie.ts'
import { Session } from '../../../src/core/session/session.ts'
import { stage, type TestSession, type TestVisit } from '../stage.ts'

describe('a session as an object', () => {
  test('has the cookie and the data as enumerable keys', () => {
    const session = begun({ user: 'ada', views: 1 })
    expect(Object.keys(session)).toEqual(['cookie', 'user', 'views'])
    expect(Object.getOwnPropertyNames(session)).toEqual(['cookie', 'user', 'views'])
    const names: string[] = []
    for (const name in session) if (Object.hasOwn(session, name)) names.push(name)
    expect(names).toEqual(['cookie', 'user', 'views'])
    expect(Object.keys({ ...session })).toEqual(['cookie', 'user', 'views'])
  })

  test('has only a cookie when it is empty', () => {
    expect(Object.keys(begun({}))).toEqual(['cookie'])
  })

  test('is a Session with a cookie, an id and a request', () => {
    const session = begun({})
    expect(session).toBeInstanceOf(Session)
    expect(session.cookie).toBeInstanceOf(Cookie)
    expect(session.id).toMatch(/^[\w-]{32}$/)
    expect(Reflect.get(session, 'req')).toBe('the request')
  })

  test('`in` knows the data, the cookie and the methods, and nothing else', () => {
    const session = begun({ user: 'ada' })
    for (const name of ['user', 'cookie', 'id', 'save', 'regenerate']) expect(name in session).toBe(true)
    for (const name of ['views', 'isAdmin']) expect(name in session).toBe(false)
  })

  test('has the cookie and the data as its JSON', () => {
    const session = begun({ user: 'ada', nested: { a: [1] } })
    expect(JSON.parse(JSON.stringify(session))).toEqual({
      cookie: { originalMaxAge: null, expires: null, httpOnly: true, path: '/' },
      user: 'ada',
      nested: { a: [1] },
    })
  })

  test('does not show its id in any printed form', () => {
    const session = begun({ user: 'ada' })
    const prints = [inspect(session), inspect(session, { showHidden: true, depth: 9 }), `${session}`]
    prints.push(inspect(session, { showProxy: true, showHidden: true, depth: 9 }), JSON.stringify(session))
    for (const print of prints) expect(print).not.toContain(session.id)
    expect(inspect(session)).toContain('ada')
  })

  test('does not show its id in any printed form of its visit', () => {
    const visit = visitOf({ user: 'ada' })
    expect(inspect(visit, { showHidden: true, depth: 9 })).not.toContain(String(visit.id))
  })

  test('answers itself when it is awaited', async () => {
    const session = begun({ user: 'ada' })
    expect(await Promise.resolve(session)).toBe(session)
  })
})

/** @see issue 13, point 5 */
describe('assigning a name that a session cannot hold throws a clear error', () => {
  const everyObject = Object.getOwnPropertyNames(Object.prototype)
  const own = ['id', 'req', 'touch', 'resetMaxAge', 'save', 'reload', 'destroy', 'regenerate']

  test.each([...everyObject, ...own])('`%s` cannot be assigned', name => {
    const session = begun({ a: 1 })
    for (const value of ['text', { isAdmin: true }, 7]) {
      expect(() => Reflect.set(session, name, value)).toThrow(refusalOf(name))
    }
    expect(Object.keys(session)).toEqual(['cookie', 'a'])
  })

  test.each(['id', 'req', 'constructor', '__proto__'])('`%s` cannot be assigned a function either', name => {
    const session = begun({})
    const before: unknown = Reflect.get(session, name)
    expect(() => Reflect.set(session, name, () => 1)).toThrow(refusalOf(name))
    expect(Reflect.get(session, name)).toBe(before)
  })

  test.each([...everyObject, ...own, 'cookie'])('`%s` cannot be defined over', name => {
    const session = begun({ a: 1 })
    const descriptor = { value: { evil: 1 }, enumerable: true, configurable: true, writable: true }
    expect(() => Reflect.defineProperty(session, name, descriptor)).toThrow(refusalOf(name))
    expect(Object.keys(session)).toEqual(['cookie', 'a'])
    expect(JSON.stringify(session)).not.toContain('evil')
  })

  test('an `Object.assign` with one of them does not change the prototype of the session', () => {
    const session = begun({})
    const given: object = JSON.parse('{"__proto__":{"isAdmin":true},"a":1}')
    expect(() => Object.assign(session, given)).toThrow(refusalOf('__proto__'))
    expect(Reflect.get(session, 'isAdmin')).toBeUndefined()
    expect(Reflect.get({}, 'isAdmin')).toBeUndefined()
    expect(session).toBeInstanceOf(Session)
  })

  test.each(['constructor', 'id', 'save'])('a plain object with `%s` cannot replace the session', name => {
    const visit = visitOf({ a: 1 })
    expect(() => Reflect.set(visit, 'session', { b: 2, [name]: 'x' })).toThrow(refusalOf(name))
    expect(Object.keys(visit.session ?? {})).toEqual(['cookie', 'a'])
  })

  test('the prototype of a session cannot be changed, and a session cannot be frozen', () => {
    const session = begun({ a: 1 })
    for (const attempt of [Object.freeze, Object.seal, Object.preventExtensions]) {
      expect(() => attempt(session)).toThrow(expect.objectContaining({ code: 'NAME_RESERVED' }))
    }
    const exchange = (): unknown => Object.setPrototypeOf(session, { isAdmin: true })
    expect(exchange).toThrow(expect.objectContaining({ code: 'NAME_RESERVED' }))
    expect(Reflect.get(session, 'isAdmin')).toBeUndefined()
    expect(session).toBeInstanceOf(Session)
  })
})

describe('the cookie of a session', () => {
  test('the cookie cannot be deleted', () => {
    const session = begun({})
    Reflect.deleteProperty(session, 'cookie')
    expect(session.cookie).toBeInstanceOf(Cookie)
  })

  test('an assigned cookie stays a Cookie, with the assigned attributes', () => {
    const session = begun({})
    Reflect.set(session, 'cookie', { maxAge: 5000, path: '/a' })
    expect(session.cookie).toBeInstanceOf(Cookie)
    expect(session.cookie).toMatchObject({ path: '/a', originalMaxAge: 5000, httpOnly: true })
    Reflect.set(session, 'cookie', JSON.parse('{"__proto__":{"isAdmin":true}}'))
    expect(session.cookie).toBeInstanceOf(Cookie)
  })
})

describe('methods and data of the same name', () => {
  test('names that express-session does not have belong to the application', () => {
    const session = begun({ update: 1, rotate: 'x', signIn: { a: 1 }, signOut: false })
    expect(Object.keys(session)).toEqual(['cookie', 'update', 'rotate', 'signIn', 'signOut'])
    expect(Reflect.get(session, 'update')).toBe(1)
    expect(Reflect.get(session, 'signOut')).toBe(false)
  })

  test('a method that the application replaces is called in place of ours, and is not stored', async () => {
    const { visitor, store } = stage()
    let calls = 0
    await visitor().request(session => {
      session.user = 'ada'
      Reflect.set(session, 'save', () => calls++)
      Reflect.get(session, 'save')()
      expect(Object.keys(session)).toEqual(['cookie', 'user'])
    })
    expect(calls).toBe(1)
    expect(store.records()[0]?.data).toBe('{"user":"ada"}')
  })

  test('stored data under the name of a method does not hide the method', async () => {
    const { visitor, store } = stage()
    const ada = visitor()
    await ada.request(session => Object.assign(session, { user: 'ada' }))
    const record = store.records()[0]!
    const data = '{"user":"ada","save":"x","destroy":1,"id":"evil","touch":{},"toString":1}'
    store.inner.replace({ ...record, version: 2, data }, 1)
    await ada.request(session => {
      expect(Object.keys(session)).toEqual(['cookie', 'user'])
      expect(session.id).toBe(ada.id)
      for (const name of ['save', 'destroy', 'touch', 'toString']) {
        expect(Reflect.get(session, name)).toBeTypeOf('function')
      }
    })
  })
})

function begun(values: object): TestSession {
  return visitOf(values).session!
}

function visitOf(values: object): TestVisit {
  const visit = stage().visitor().begin({ request: 'the request' })
  Object.assign(visit.session!, values)
  return visit
}

function refusalOf(name: string): unknown {
  const message: unknown = expect.stringContaining(`\`${name}\``)
  return expect.objectContaining({ code: 'NAME_RESERVED', message })
}
