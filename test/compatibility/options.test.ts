import { createSecretKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { cookieNamed, idOf } from './client.ts'
import {
  countViews,
  memory,
  options,
  sessions,
  signedCookie,
  signedValue,
  site,
  siteOf,
  withErrorHandler,
} from './site.ts'
import { type SessionRequest, subject } from './subject.ts'

describe('genid', () => {
  test.each([['sixteen'], [42], [{}], [true]])('refuses %s, which is no function', genid => {
    expect(() => sessions({ genid })).toThrow(new TypeError('genid option must be a function'))
  })

  test.each([[undefined], [null], [false]])('%s leaves the default', async genid => {
    const { get } = await site({ genid })
    expect(idOf(await get())).toMatch(/^[\w-]{32}$/)
  })

  test('makes a different id for each visitor by default', async () => {
    const { get } = await site()
    expect(idOf(await get())).not.toBe(idOf(await get()))
  })

  test.each(['apple', '%', '/foo', 'ä b', 'a.b.c'])(
    'may answer %s, which is encoded in the cookie',
    async id => {
      const { get } = await site({ genid: () => id })
      expect(cookieNamed(await get())?.value).toBe(signedValue(id))
    },
  )

  test('gets the request', async () => {
    const { get } = await site({ genid: (request: SessionRequest) => request.url })
    expect(cookieNamed(await get('/bar'))?.value).toBe(signedValue('/bar'))
  })

  test.each(['apple', '%', '/foo', 'a.b.c'])('brings a session with the id %s back', async id => {
    const { get } = await site({ genid: () => id }, countViews)
    const first = await get()
    expect((await get('/', { cookie: first })).text).toBe('2')
  })
})

describe('name', () => {
  test('is connect.sid by default', async () => {
    const { get } = await site()
    expect((await get()).cookies.map(cookie => cookie.name)).toEqual(['connect.sid'])
  })

  test.each(['name', 'key'])('is set by %s', async option => {
    const { get } = await site({ [option]: 'session_id' }, countViews)
    const first = await get()
    expect(first.cookies.map(cookie => cookie.name)).toEqual(['session_id'])
    expect((await get('/', { cookie: first })).text).toBe('2')
  })

  test('goes before key', async () => {
    const { get } = await site({ name: 'by_name', key: 'by_key' })
    expect((await get()).cookies.map(cookie => cookie.name)).toEqual(['by_name'])
  })
})

describe('secret', () => {
  test('refuses an empty array', () => {
    expect(() => sessions({ secret: [] })).toThrow(
      new TypeError('secret option array must contain one or more strings'),
    )
  })

  test.each([
    ['a string', 'willow', 'willow'],
    ['an array of one', ['willow'], 'willow'],
    ['an array, by its first', ['birch', 'willow'], 'birch'],
  ])('signs with %s', async (_what, given, key) => {
    const { get } = await site({ secret: given, genid: () => 'fixed' })
    expect(cookieNamed(await get())?.value).toBe(signedValue('fixed', key))
  })

  test.each([
    ['a Buffer', Buffer.from('willow')],
    ['an array of Buffers', [Buffer.from('willow')]],
    ['a KeyObject', createSecretKey(Buffer.from('willow'))],
  ])('signs with %s as with the same string', async (_what, given) => {
    const { get } = await site({ secret: given, genid: () => 'fixed' }, countViews)
    const first = await get()
    expect(cookieNamed(first)?.value).toBe(signedValue('fixed', 'willow'))
    expect((await get('/', { cookie: first })).text).toBe('2')
  })

  test.each([
    [0, 'birch'],
    [1, 'willow'],
    [2, 'alder'],
  ])('number %i of an array verifies', async (_at, key) => {
    const store = memory()
    const { get } = await site({ store, secret: ['birch', 'willow', 'alder'] }, countViews)
    const id = idOf(await get())
    expect((await get('/', { cookie: signedCookie(id, key) })).text).toBe('2')
  })

  test('that is in no array is refused', async () => {
    const { get } = await site({ secret: ['birch', 'willow'] }, countViews)
    const id = idOf(await get())
    expect((await get('/', { cookie: signedCookie(id, 'oak') })).text).toBe('1')
  })

  test('may be a Buffer among strings', async () => {
    const { get } = await site({ secret: ['birch', Buffer.from('willow')] }, countViews)
    const id = idOf(await get())
    expect((await get('/', { cookie: signedCookie(id, 'willow') })).text).toBe('2')
  })

  test('missing is an error for the request', async () => {
    const { get } = await site({ secret: undefined })
    const answer = await get()
    expect(answer.status).toBe(500)
    expect(answer.text).toBe('secret option required for sessions')
    expect(answer.cookies).toEqual([])
  })

  test('missing is taken from the request, as cookie-parser leaves it', async () => {
    const middleware = sessions({ secret: undefined, genid: () => 'fixed' })
    const listener = withErrorHandler((request, response, next) => {
      Object.assign(request, { secret: 'willow' })
      middleware(request, response, next)
    }, countViews)
    const { get } = await siteOf(listener)
    const first = await get()
    expect(cookieNamed(first)?.value).toBe(signedValue('fixed', 'willow'))
    expect((await get('/', { cookie: first })).text).toBe('2')
  })
})

describe('unset', () => {
  test.each([['bogus'], [true], [{}]])('refuses %s', unset => {
    expect(() => sessions({ unset })).toThrow(new TypeError('unset option must be "destroy" or "keep"'))
  })

  test.each([['keep'], ['destroy'], [undefined], [null], [false]])('accepts %s', unset => {
    expect(sessions({ unset })).toBeTypeOf('function')
  })
})

describe('store', () => {
  test('refuses what is no EventEmitter', () => {
    expect(() => sessions({ store: { get() {}, set() {}, destroy() {} } })).toThrow(TypeError)
  })

  test.each([[undefined], [null]])('%s leaves a store in memory', async store => {
    const { get } = await site({ store }, countViews)
    const first = await get()
    expect((await get('/', { cookie: first })).text).toBe('2')
  })

  test('is what the request shows as sessionStore', async () => {
    const store = memory()
    const seen: unknown[] = []
    const { get } = await site({ store }, (request, response) => {
      seen.push(request.sessionStore)
      response.end()
    })
    await get()
    expect(seen[0]).toBe(store)
  })
})

describe('options as a whole', () => {
  test('are not changed', () => {
    const given = Object.freeze(options({ cookie: Object.freeze({ maxAge: 5 }) }))
    expect(subject(given)).toBeTypeOf('function')
  })

  test('may be left out, and the request then misses the secret', async () => {
    const { get } = await siteOf(withErrorHandler(subject(), countViews))
    expect((await get()).text).toBe('secret option required for sessions')
  })
})
