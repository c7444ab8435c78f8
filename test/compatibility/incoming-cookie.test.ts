import { describe, expect, test } from 'vitest'
import { cookieNamed, idOf } from './client.ts'
import {
  countCalls,
  countViews,
  lengthOf,
  memory,
  sessions,
  signedCookie,
  signedValue,
  site,
  siteOf,
  stored,
  withErrorHandler,
} from './site.ts'
import { pass } from './time.ts'

describe('a cookie that was sent back', () => {
  test('brings the session back', async () => {
    const { get } = await site({}, countViews)
    const first = await get()
    expect((await get('/', { cookie: first })).text).toBe('2')
    expect((await get('/', { cookie: first })).text).toBe('3')
  })

  test('keeps two visitors apart', async () => {
    const { get } = await site({}, countViews)
    const [ada, bob] = [await get(), await get()]
    await get('/', { cookie: ada })
    expect((await get('/', { cookie: ada })).text).toBe('3')
    expect((await get('/', { cookie: bob })).text).toBe('2')
  })

  test('has the signature of the contract', async () => {
    const { get } = await site({ genid: () => 'fixed' })
    expect(cookieNamed(await get())?.value).toBe(signedValue('fixed'))
  })

  test.each([
    ['before others', (own: string) => `${own}; theme=dark; lang=de`],
    ['after others', (own: string) => `theme=dark; lang=de; ${own}`],
    ['between others, without spaces', (own: string) => `theme=dark;${own};lang=de`],
    ['after one whose name ends like it', (own: string) => `my.connect.sid=x; ${own}`],
    ['after one whose value looks like it', (own: string) => `theme="connect.sid"; ${own}`],
    ['after a fragment', (own: string) => `nonsense; ; =; ${own}`],
  ])('is found %s', async (_where, header) => {
    const { get } = await site({}, countViews)
    const own = signedCookie(idOf(await get()))
    expect((await get('/', { cookie: header(own) })).text).toBe('2')
  })

  test.each([
    ['not percent-encoded', (value: string) => decodeURIComponent(value)],
    ['with encoded letters', (value: string) => value.replace('s', '%73')],
  ])('is read %s', async (_how, change) => {
    const { get } = await site({}, countViews)
    const value = signedValue(idOf(await get()))
    expect((await get('/', { cookie: `connect.sid=${change(value)}` })).text).toBe('2')
  })

  test('is found by its own name only', async () => {
    const { get } = await site({}, countViews)
    const value = signedValue(idOf(await get()))
    expect((await get('/', { cookie: `Connect.Sid=${value}` })).text).toBe('1')
  })
})

describe('a cookie that cannot be trusted', () => {
  const value = signedValue('known')

  test.each([
    ['the bare id', 'known'],
    ['an id without a signature', 's%3Aknown'],
    ['an empty signature', 's%3Aknown.'],
    ['a signature without s:', value.slice(4)],
    ['a signature by another secret', signedValue('known', 'oak')],
    ['a signature of another id', signedValue('other').replace('other', 'known')],
    ['a signature that is cut short', value.slice(0, -4)],
    ['a signature with more behind', `${value}A`],
    ['nothing', ''],
    ['only s:', 's%3A'],
    ['only a dot', 's%3A.'],
    ['a broken percent code', '%E0%A4%A'],
    ['a JSON cookie', 'j%3A%7B%22a%22%3A1%7D'],
    ['a name of the prototype', '__proto__'],
  ])('such as %s starts a new session, and the store is not asked', async (_what, cookie) => {
    const store = memory()
    const { get } = await site({ store }, countViews)
    store.set('known', { cookie: {}, views: 41 })
    const calls = countCalls(store)
    const answer = await get('/', { cookie: `connect.sid=${cookie}` })
    expect([answer.status, answer.text, calls.get]).toEqual([200, '1', 0])
    expect(idOf(answer)).not.toBe('known')
  })

  test('such as an id that the store does not know is never adopted', async () => {
    const store = memory()
    const { get } = await site({ store }, countViews)
    const answer = await get('/', { cookie: signedCookie('chosen-by-visitor') })
    expect(answer.text).toBe('1')
    expect(idOf(answer)).not.toBe('chosen-by-visitor')
    expect(await stored(store, 'chosen-by-visitor')).toBeUndefined()
  })
})

describe('a session that ended in the store', () => {
  test('is replaced by a new one, with a new id', async () => {
    const { get } = await site({ cookie: { maxAge: 5000 } }, countViews)
    const first = await get()
    pass(6000)
    const second = await get('/', { cookie: first })
    expect(second.text).toBe('1')
    expect(idOf(second)).not.toBe(idOf(first))
  })

  test('is no longer in the store', async () => {
    const store = memory()
    const { get } = await site({ store, cookie: { maxAge: 5000 } }, countViews)
    const first = await get()
    pass(6000)
    await get('/', { cookie: first })
    expect(await stored(store, idOf(first))).toBeUndefined()
    expect(await lengthOf(store)).toBe(1)
  })

  test('lives on while its visitor comes in time', async () => {
    const { get } = await site({ cookie: { maxAge: 5000 } }, countViews)
    const first = await get()
    for (const views of ['2', '3', '4']) {
      pass(3000)
      expect((await get('/', { cookie: first })).text).toBe(views)
    }
  })

  test('has no end without an age', async () => {
    const { get } = await site({ cookie: {} }, countViews)
    const first = await get()
    pass(3_600_000)
    expect((await get('/', { cookie: first })).text).toBe('2')
  })
})

describe('cookies that cookie-parser has read, when the Cookie header lacks them', () => {
  test.each([
    ['req.signedCookies, as they are', { signedCookies: { 'connect.sid': 'known' } }, '42'],
    [
      'req.cookies, when signed',
      { cookies: { 'connect.sid': decodeURIComponent(signedValue('known')) } },
      '42',
    ],
    ['req.cookies, never unsigned', { cookies: { 'connect.sid': 'known' } }, '1'],
    ['req.cookies, never with a bad signature', { cookies: { 'connect.sid': 's:known.bm8' } }, '1'],
    ['req.cookies, never by another secret', { cookies: { 'connect.sid': decode('known', 'oak') } }, '1'],
    ['req.signedCookies, not when false', { signedCookies: { 'connect.sid': false } }, '1'],
    ['neither, when both are empty', { cookies: {}, signedCookies: {} }, '1'],
  ])('are taken from %s', async (_where, parsed, views) => {
    const store = memory()
    const middleware = sessions({ store })
    const { get } = await siteOf(
      withErrorHandler(
        (request, response, next) => middleware(Object.assign(request, parsed), response, next),
        countViews,
      ),
    )
    store.set('known', { cookie: {}, views: 41 })
    expect((await get()).text).toBe(views)
  })

  test('do not go before the header', async () => {
    const store = memory()
    const middleware = sessions({ store })
    const { get } = await siteOf(
      withErrorHandler(
        (request, response, next) =>
          middleware(Object.assign(request, { signedCookies: { 'connect.sid': 'other' } }), response, next),
        countViews,
      ),
    )
    store.set('known', { cookie: {}, views: 41 })
    expect((await get('/', { cookie: signedCookie('known') })).text).toBe('42')
  })

  function decode(id: string, key: string): string {
    return decodeURIComponent(signedValue(id, key))
  }
})
