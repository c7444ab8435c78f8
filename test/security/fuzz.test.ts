import { METHODS } from 'node:http'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { atOnce, later, stage, type Visitor } from '../core/stage.ts'
import { requestBytes, sendBytes, statusesOf } from './bytes-client.ts'
import { frameworks, openShop, signIn } from './shop.ts'

// A red run prints its seed; `SEED=… npx vitest run test/security/fuzz.test.ts` replays it.
const seeded = process.env.SEED === undefined ? {} : { seed: Number(process.env.SEED) }

const byte = fc.nat(255).map(code => String.fromCharCode(code))
const anyBytes = fc.string({ unit: byte, maxLength: 300 })
const anyText = fc.string({ unit: 'binary', maxLength: 200 })
const piece = fc.constantFrom(
  ...['connect.sid=', 'sid=', '=', ';', '; ', ',', ' ', '\t', '"', '%', '%00', '%E0%A4%A', '%C0%AE', 's%3A'],
  ...['s:', 's:.', 'j:', 'j%3A{"$ne":1}', '.', '__proto__=', 'constructor=', '$Version=1', '\xa0', '\x85'],
  ...['CONNECT.SID=', '__Host-sid=', '==', 'A'.repeat(32), 'A'.repeat(43), '\ud800', '🍏', '\0', '\r\n'],
)
const pieces = fc.array(fc.oneof(piece, byte), { maxLength: 24 }).map(parts => parts.join(''))
const oddValue = fc.anything({
  withNullPrototype: true,
  withBigInt: true,
  withDate: true,
  withMap: true,
  withTypedArray: true,
  withSparseArray: true,
})
const anyHeader = fc.oneof(anyBytes, anyText, pieces, pieces, fc.array(fc.oneof(pieces, oddValue)), oddValue)

describe.each([
  ['answers at once', atOnce],
  ['answers later', later],
])('with a store that %s', (_kind, traits) => {
  test('any `Cookie` header ends in a session that nobody had, without a store call (P9, C8)', async () => {
    const { visitor, store } = stage({}, traits)
    const lenient = stage({ duplicates: 'first-valid', store }, traits)
    await visitor().request(session => Object.assign(session, { user: 'ada' }))
    store.forgetCalls()
    const property = fc.asyncProperty(anyHeader, fc.boolean(), async (cookieHeader, isLenient) => {
      const stranger = isLenient ? lenient.visitor() : visitor()
      const visit = await stranger.request(session => expect(session.user).toBeUndefined(), { cookieHeader })
      expect(['none', 'tampered']).toContain(visit.outcome)
      expect([visit.setCookie, store.calls, store.records().length]).toEqual([undefined, [], 1])
    })
    await fc.assert(property, { numRuns: 2000, ...seeded })
  })

  test('whoever leaves data beside such a header gets one new session, and finds it again (P9)', async () => {
    const { visitor, store } = stage({ name: 'sid' }, traits)
    const property = fc.asyncProperty(anyHeader, async cookieHeader => {
      store.inner.clear()
      const stranger = visitor()
      const visit = await stranger.request(session => Object.assign(session, { user: 'eve' }), {
        cookieHeader,
      })
      expect(visit.setCookie).toMatch(/^sid=s%3A[\w-]{32}\.[\w%]+; Path=\/; HttpOnly$/)
      expect(store.records()).toHaveLength(1)
      await stranger.request(session => expect(session.user).toBe('eve'))
    })
    await fc.assert(property, { numRuns: 500, ...seeded })
  })

  test('a changed cookie opens a session only where it decodes to what was signed (P9, B2)', async () => {
    const { visitor } = stage({}, traits)
    const ada = visitor()
    await ada.request(session => Object.assign(session, { user: 'ada' }))
    const value = String(ada.cookie).slice('connect.sid='.length)
    const property = fc.asyncProperty(mutationsOf(value), async mutated => {
      const visit = await visitorWith(visitor, mutated).request()
      const isSame = decoded(mutated) === decodeURIComponent(value)
      expect(visit.outcome === 'found').toBe(isSame)
      if (!isSame) expect(['none', 'tampered']).toContain(visit.outcome)
    })
    await fc.assert(property, { numRuns: 3000, ...seeded })
  })
})

describe.each(frameworks)('on %s', framework => {
  const clean = (bytes: string): string => bytes.replaceAll(/[\r\n]/g, '')
  const header = fc.oneof(anyBytes, pieces.map(toLatin1)).map(clean)
  const method = fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...METHODS) },
    { weight: 1, arbitrary: anyBytes },
  )
  const path = fc.oneof(
    anyBytes.map(bytes => `/${bytes.replaceAll(' ', '')}`),
    fc.constantFrom(
      '*',
      '//',
      '/..',
      '/%',
      '/%00',
      'http://',
      'http://x',
      'https://x:99999/?#',
      '?',
      '#',
      'x:y',
      '/\xff',
    ),
    fc.webPath().map(text => `/${toLatin1(text)}`),
  )

  test('any bytes in a request are answered, and never with an error of the server (P9)', async () => {
    const shop = await openShop({ framework, proxy: true, cookie: { secure: true } })
    await signIn(shop)
    const property = fc.asyncProperty(
      fc.record({ method, path, cookie: header, host: header, protocol: header, agent: header }),
      async asked => {
        const received = await sendBytes(shop.port, bytesOf(asked))
        expect(statusesOf(received).filter(status => status >= 500)).toEqual([])
        expect(received).not.toMatch(/set-cookie/i)
        expect([shop.errors, shop.store.calls, shop.store.records().length]).toEqual([[], [], 1])
      },
    )
    await fc.assert(property, { numRuns: 400, ...seeded })
    expect(statusesOf(await sendBytes(shop.port, requestBytes('GET /')))).toEqual([200])
  })
})

interface Asked {
  readonly method: string
  readonly path: string
  readonly cookie: string
  readonly host: string
  readonly protocol: string
  readonly agent: string
}

function bytesOf({ method, path, cookie, host, protocol, agent }: Asked): string {
  const lines = [
    `Cookie: ${cookie}`,
    `Host: ${host}`,
    `X-Forwarded-Proto: ${protocol}`,
    `User-Agent: ${agent}`,
  ]
  return [`${method} ${path} HTTP/1.1`, ...lines, 'Connection: close', '', ''].join('\r\n')
}

/** One to three changes of a value: a bit, a cut, a copy, another spelling, another case, two places exchanged. */
function mutationsOf(value: string): fc.Arbitrary<string> {
  const change = fc.record({
    kind: fc.constantFrom('flip', 'cut', 'copy', 'insert', 'encode', 'decode', 'case', 'swap', 'nothing'),
    at: fc.nat(value.length - 1),
    to: fc.nat(value.length),
    bit: fc.nat(7),
    text: fc.oneof(byte, piece),
  })
  return fc.array(change, { minLength: 1, maxLength: 3 }).map(changes => {
    let mutated = value
    for (const one of changes) mutated = changed(mutated, one)
    return mutated
  })
}

interface Change {
  readonly kind: string
  readonly at: number
  readonly to: number
  readonly bit: number
  readonly text: string
}

function changed(value: string, { kind, at, to, bit, text }: Change): string {
  const [before, letter, after] = [value.slice(0, at), value.charAt(at), value.slice(at + 1)]
  if (kind === 'flip') return before + String.fromCharCode(letter.charCodeAt(0) ^ (1 << bit)) + after
  if (kind === 'cut') return value.slice(Math.min(at, to), Math.max(at, to))
  if (kind === 'copy') return value + value.slice(at, to)
  if (kind === 'insert') return before + text + letter + after
  if (kind === 'encode') return before + escaped(letter, bit % 2 === 0) + after
  if (kind === 'decode') return value.replaceAll('%3A', ':').replaceAll('%2F', '/').replaceAll('%2B', '+')
  if (kind === 'case')
    return before + (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()) + after
  if (kind === 'swap') return value.slice(at) + before
  return value
}

function escaped(letter: string, isUpper: boolean): string {
  const hex = (letter.charCodeAt(0) & 0xff).toString(16).padStart(2, '0')
  return `%${isUpper ? hex.toUpperCase() : hex}`
}

/** What a browser's own rules make of a pair with this value: it ends at a semicolon, and blanks around it go. */
function decoded(value: string): string | undefined {
  const text = value.split(';', 1)[0]?.replaceAll(/^[ \t]+|[ \t]+$/g, '')
  try {
    return decodeURIComponent(String(text))
  } catch {
    return undefined
  }
}

function visitorWith(visitor: (cookie?: string) => Visitor, value: string): Visitor {
  return visitor(`connect.sid=${value}`)
}

function toLatin1(text: string): string {
  return Buffer.from(text).toString('latin1')
}
