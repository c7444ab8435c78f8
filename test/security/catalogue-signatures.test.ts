import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Signer } from '../../src/core/cookies/secret-signer.ts'
import { atOnce, later, stage, secret as stageSecret, Visitor } from '../core/stage.ts'
import { bodyOf, requestBytes, sendBytes, statusesOf } from './bytes-client.ts'
import { frameworks, openShop, secret, signIn } from './shop.ts'

type Forge = (signed: string) => string

const idIn: Forge = signed => signed.slice(2, -44)
const macIn: Forge = signed => signed.slice(-43)
const text = (value: string): Forge => encodeURIComponentOf(() => value)

/** What is sent in the place of a signed value, and the case that it stands for. */
const forgeries: readonly (readonly [what: string, forge: Forge, id: string])[] = [
  ['an id without a signature', encodeURIComponentOf(idIn), 'B1'],
  ['an id with the prefix and no signature', encodeURIComponentOf(signed => `s:${idIn(signed)}`), 'B1'],
  ['an empty signature', encodeURIComponentOf(signed => `s:${idIn(signed)}.`), 'B1'],
  ['a prefix alone', text('s:'), 'B1'],
  ['a prefix and a dot', text('s:.'), 'B1'],
  ['a signature of nothing', text(`s:.${hmac(secret, '')}`), 'B1'],
  ['a signature of another id', encodeURIComponentOf(signed => `s:other.${macIn(signed)}`), 'B1'],
  ['id and signature swapped', encodeURIComponentOf(signed => `s:${macIn(signed)}.${idIn(signed)}`), 'B1'],
  ['a signature by another secret', encodeURIComponentOf(resigned), 'B1'],
  ['two signatures', encodeURIComponentOf(signed => `${signed}.${macIn(signed)}`), 'B1'],
  [
    'a signature as hexadecimal digits',
    encodeURIComponentOf(signed => `s:${idIn(signed)}.${hex(signed)}`),
    'B2',
  ],
  ['a signature with padding', encodeURIComponentOf(signed => `${signed}=`), 'B2'],
  ['another last character that decodes to the same bytes', encodeURIComponentOf(respelt), 'B2'],
  [
    'a space before the signature',
    encodeURIComponentOf(signed => `s:${idIn(signed)}. ${macIn(signed)}`),
    'B2',
  ],
  ['a line break behind the signature', encodeURIComponentOf(signed => `${signed}\r\n`), 'B2'],
  ['a value that is encoded twice', signed => encodeURIComponent(encodeURIComponent(signed)), 'B2'],
  ['a value in quotes', signed => `"${encodeURIComponent(signed)}"`, 'B2'],
  ['a value in lower case', signed => encodeURIComponent(signed.toLowerCase()), 'B2'],
  ['a percent sign alone', () => '%', 'B3'],
  ['a right value and a percent sign', signed => `${encodeURIComponent(signed)}%`, 'B3'],
  ['an escape that ends too early', () => 's%3A%E0%A4%A', 'B3'],
  ['an escaped zero byte', signed => encodeURIComponent(signed).replace('.', '%00.'), 'B3'],
  ['an overlong spelling of a dot', signed => encodeURIComponent(signed).replace('.', '%C0%AE'), 'B3'],
  ['an escaped half of a surrogate pair', signed => `${encodeURIComponent(signed)}%ED%A0%80`, 'B3'],
  ['bytes that are no UTF-8', () => 's%3A%FF%FE.%80', 'B3'],
  ['raw bytes beyond ASCII', () => 's:\xff\xfe.\x80', 'B3'],
  ['a JSON cookie that is not signed', () => `j%3A${encodeURIComponent('{"user":"ada"}')}`, 'B8'],
  ['an id as a JSON cookie', signed => encodeURIComponent(`j:${JSON.stringify(idIn(signed))}`), 'B8'],
  ['an operator as a JSON cookie', () => encodeURIComponent('j:{"$ne":1}'), 'F10'],
  ['an end of a statement', () => encodeURIComponent("'; DROP TABLE sessions; --"), 'F10'],
  ['a path', () => encodeURIComponent('../../etc/passwd'), 'F9'],
]

describe.each(frameworks)('on %s', framework => {
  for (const [what, forge, id] of forgeries) {
    test(`${what} opens nothing, asks no store and is no error (${id})`, async () => {
      const shop = await openShop({ framework })
      const pair = await signIn(shop)
      const forged = forge(decodeURIComponent(pair.slice('sid='.length)))
      const answer = await sendBytes(shop.port, requestBytes('GET /', `Cookie: sid=${forged}`))
      expect([statusesOf(answer), bodyOf(answer)]).toEqual([[200], 'nobody'])
      expect(answer).not.toMatch(/set-cookie/i)
      expect([shop.store.calls, shop.errors]).toEqual([[], []])
      expect(shop.store.records()).toHaveLength(1)
    })
  }

  test('the right value opens the session, so that all of the above mean something (B1)', async () => {
    const shop = await openShop({ framework })
    const answer = await sendBytes(shop.port, requestBytes('GET /', `Cookie: ${await signIn(shop)}`))
    expect(bodyOf(answer)).toBe('ada')
  })
})

describe.each([
  ['answers at once', atOnce],
  ['answers later', later],
])('with a store that %s', (_kind, traits) => {
  test('a value that was signed for another cookie finds no session, and is not taken over (B6)', async () => {
    const shop = stage({ name: 'sid' }, traits)
    const preferences = new Visitor(stage({ name: 'pref', store: shop.store }, traits).sessions, undefined)
    await preferences.request(session => Object.assign(session, { user: 'mallory' }))
    const crossed = shop.visitor(String(preferences.cookie).replace('pref=', 'sid='))
    const visit = await crossed.request(session => {
      expect(session.user).toBeUndefined()
      Object.assign(session, { seen: true })
    })
    expect(visit.outcome).toBe('missing')
    // What he has left is under an id of our own making, which he is told.
    expect(visit.setCookie).toMatch(/^sid=s%3A[\w-]{32}\./)
    expect(crossed.id).not.toBe(preferences.id)
    expect(shop.store.records().map(({ key }) => key)).not.toContain(shop.sessions.handleOf(preferences.id))
  })

  test('text that somebody had signed elsewhere is never an id that a store is asked for (B6)', async () => {
    const { visitor, store } = stage({ name: 'sid' }, traits)
    for (const chosen of [
      '../../etc/passwd',
      '*',
      '{tag}',
      'a\nb',
      'x'.repeat(300),
      "' OR 1=1 --",
      '[object Object]',
    ]) {
      await visitor(`sid=${new Signer([stageSecret]).write(chosen)}`).request()
    }
    expect(store.calls).toEqual(Array(7).fill('load'))
    for (const key of store.seen) expect(key).toMatch(/^"[\w-]{43}"$/)
  })

  test('neither a stored key nor a stored record verifies as a cookie (B8)', async () => {
    const { visitor, store } = stage({}, traits)
    await visitor().request(session => Object.assign(session, { user: 'ada' }))
    const [record] = store.records()
    store.forgetCalls()
    const texts = Object.values({ ...record }).map(String)
    for (const stored of texts) {
      for (const value of [stored, `s:${stored}`, `s:${stored}.${stored.slice(0, 43)}`]) {
        const visit = await visitor(`connect.sid=${encodeURIComponent(value)}`).request()
        expect(visit.outcome).toBe('tampered')
      }
    }
    expect(store.calls).toEqual([])
  })
})

function encodeURIComponentOf(forge: Forge): Forge {
  return signed => encodeURIComponent(forge(signed))
}

function hmac(key: string, signed: string): string {
  return createHmac('sha256', key).update(signed).digest('base64').slice(0, 43)
}

function resigned(signed: string): string {
  return `s:${idIn(signed)}.${hmac('another secret', idIn(signed))}`
}

function hex(signed: string): string {
  return Buffer.from(macIn(signed), 'base64').toString('hex')
}

/** 43 characters hold two bits more than 32 bytes have. */
function respelt(signed: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  const last = alphabet.indexOf(signed.slice(-1))
  return signed.slice(0, -1) + alphabet[last ^ 1]
}
