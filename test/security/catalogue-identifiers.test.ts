import { describe, expect, test } from 'vitest'
import { hearEvents, namesOf } from '../core/heard-events.ts'
import { atOnce, idOf, later, stage } from '../core/stage.ts'
import { ask } from '../support/http-client.ts'
import type { SessionRequest } from '../support/servers.ts'
import { frameworks, openShop, signIn } from './shop.ts'

describe.each(frameworks)('on %s', framework => {
  test('who has planted his own cookie sees nothing of whoever signs in with it (A2)', async () => {
    const shop = await openShop({
      framework,
      route: async (request, response) => {
        if (request.url === '/visit') Object.assign(request.session, { seen: true })
        if (request.url === '/in') await signInAnew(request)
        const { session } = request
        response.end(`${session.user} ${session.seen}`)
      },
    })
    const { cookie: planted } = await ask(shop.port, '/visit')
    const signedIn = await ask(shop.port, '/in', { headers: { cookie: planted } })
    expect(signedIn.body).toBe('ada undefined')
    expect(idOf(signedIn.cookie)).not.toBe(idOf(planted))
    const attacker = await ask(shop.port, '/', { headers: { cookie: planted } })
    expect([attacker.body, attacker.cookies]).toEqual(['undefined undefined', []])
    const victim = await ask(shop.port, '/', { headers: { cookie: signedIn.cookie } })
    expect(victim.body).toBe('ada undefined')
    expect(shop.store.records()).toHaveLength(1)
  })

  test('the old row is gone before the answer of a sign-in leaves (A3)', async () => {
    const shop = await openShop({ framework, readsAtOnce: false })
    const planted = await signIn(shop)
    const [before] = shop.store.records()
    const gate = shop.store.hold('create')
    const answering = ask(shop.port, '/anew', { headers: { cookie: planted } })
    await gate.reached
    expect(shop.store.calls).toEqual(['load', 'delete', 'create'])
    expect(shop.store.records()).toEqual([])
    gate.open()
    await answering
    expect(shop.store.records().map(({ key }) => key)).not.toContain(before?.key)
  })

  test('a right id anywhere but in the `Cookie` header is ignored (A8)', async () => {
    const shop = await openShop({ framework })
    const pair = await signIn(shop)
    const [id, value] = [idOf(pair), pair.slice('sid='.length)]
    const paths = [`/?${pair}`, `/?sid=${id}`, `/?sid[$ne]=1`, `/;${pair}`, `/${value}`, `/#${pair}`]
    for (const path of paths) expect((await ask(shop.port, path)).body).not.toContain('ada')
    const headers = ['Authorization', 'X-Session-ID', 'Sid', 'Cookie2', 'Set-Cookie', 'X-Cookie', 'Referer']
    for (const header of headers) {
      expect((await ask(shop.port, '/', { headers: { [header]: pair } })).body).toBe('nobody')
    }
    const form = { 'Content-Type': 'application/x-www-form-urlencoded', 'X-Body': pair }
    expect((await ask(shop.port, '/', { method: 'POST', headers: form })).body).toBe('nobody')
    expect(shop.store.calls).toEqual([])
  })
})

describe.each([
  ['answers at once', atOnce],
  ['answers later', later],
])('with a store that %s', (_kind, traits) => {
  test.each([
    ['nothing', undefined],
    ['an empty text', ''],
    ['a number', 7],
    ['null', null],
    ['an object', { toString: () => 'x' }],
    ['a promise', Promise.resolve('x')],
    ['half a character', '\ud800'],
    ['300 characters', 'x'.repeat(300)],
  ])('a `genid` that answers %s fails the request before the store is asked (A5)', async (_what, id) => {
    const { visitor, store } = stage({ genid: () => id as never }, traits)
    const failure = await Promise.resolve(visitor().request()).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'ID_INVALID' })
    expect(store.calls).toEqual([])
  })

  // Whatever the id is, no store is handed it: not as a key, and so neither as a path, a pattern nor a statement.
  const ids = [
    ['../../etc/x', 'F9'],
    ['a%2fb', 'F9'],
    ['a\0b', 'F9'],
    ['CON', 'F9'],
    ['C:\\x', 'F9'],
    ['x'.repeat(256), 'F9'],
    ["'; DROP TABLE sessions; --", 'F10'],
    ['{"$ne":1}', 'F10'],
    ['[object Object]', 'F10'],
    ['__proto__', 'F10'],
    ['a\nb', 'F11'],
    ['*', 'F11'],
    ['{tag}', 'F11'],
    ['sess:a', 'F11'],
  ] as const
  test.each(ids)('the id %j reaches no store: a key is 43 letters of base64url (%s)', async (id, _case) => {
    const { visitor, store } = stage({ genid: () => id }, traits)
    const ada = visitor()
    await ada.request(session => Object.assign(session, { user: 'ada' }))
    await ada.request(session => {
      expect(session.user).toBe('ada')
      session.views = 1
    })
    await ada.request(session => session.reload())
    await ada.request(session => session.destroy())
    const keys = store.seen.map(text => JSON.parse(text)).map(given => given.key ?? given)
    expect(keys.length).toBeGreaterThan(5)
    for (const key of keys) expect(key).toMatch(/^[\w-]{43}$/)
    if (id.length > 3) expect(store.seen.join()).not.toContain(id)
  })

  test('nothing that a store holds opens a session when it is sent back as a cookie (F1)', async () => {
    const { visitor, store } = stage({}, traits)
    for (const user of ['ada', 'bob']) await visitor().request(session => Object.assign(session, { user }))
    const dump = store.records().flatMap(record => Object.values(record).map(String))
    const words = [...dump, ...dump.flatMap(text => text.split(/[^\w-]+/))]
    store.forgetCalls()
    for (const word of words) {
      for (const value of [word, `s:${word}`, `s:${word}.${word}`]) {
        const visit = await visitor(`connect.sid=${encodeURIComponent(value)}`).request()
        expect(['none', 'tampered']).toContain(visit.outcome)
      }
    }
    expect(store.calls).toEqual([])
  })

  test('a made-up id is told by an event, and its visitor goes on as a stranger (A1)', async () => {
    const { visitor, store } = stage({}, traits)
    const heard = hearEvents()
    const madeUp = `connect.sid=s%3A${'A'.repeat(32)}.${'B'.repeat(43)}`
    const visit = await visitor(madeUp).request()
    expect([visit.outcome, visit.setCookie, store.calls]).toEqual(['tampered', undefined, []])
    expect(namesOf(heard)).toEqual(['tampered'])
  })
})

async function signInAnew(request: SessionRequest): Promise<void> {
  await request.session.regenerate()
  request.session.user = 'ada'
}
