import { describe, expect, test } from 'vitest'
import { carrierOf } from '../../../src/core/visit/carrier.ts'
import type { Connection } from '../../../src/core/visit/connection.ts'
import { hour, minute, stage, type TestSession } from '../stage.ts'

type Headers = Readonly<Record<string, unknown>>

function arriving(headers: Headers, connection: Partial<Connection> = {}): Connection {
  return { isEncrypted: false, header: name => headers[name], ...connection }
}

const forwarded = { 'x-forwarded-proto': 'HTTPS, http', 'x-forwarded-for': ' 203.0.113.7, 10.0.0.1' }

describe('whether a connection is secure', () => {
  test.each([
    ['the server has ended TLS', true, arriving({}, { isEncrypted: true }), false],
    ['the framework knows its proxies', true, arriving({}, { isSecure: true }), undefined],
    ['only the socket counts', false, arriving(forwarded, { isSecure: true }), false],
    ['a proxy that is believed says so', true, arriving(forwarded), true],
    ['a proxy that is not believed says so', false, arriving(forwarded), undefined],
    ['a proxy that is believed says nothing', false, arriving({}, { isSecure: true }), true],
    ['the header is a list', false, arriving({ 'x-forwarded-proto': ['https'] }), true],
  ])('%s: %j', (_title, isSecure, connection, proxy) => {
    expect(carrierOf(undefined, connection, proxy).isSecure).toBe(isSecure)
  })
})

test('the address comes from a trusted proxy, or else from the other end of the connection', () => {
  const connection = arriving(forwarded, { address: '10.0.0.2' })
  expect(carrierOf(undefined, connection, true).address).toBe('203.0.113.7')
  expect(carrierOf(undefined, connection).address).toBe('10.0.0.2')
  expect(carrierOf(undefined, arriving({}, { address: '10.0.0.2' }), true).address).toBe('10.0.0.2')
})

test('headers that are no strings are ignored', () => {
  const { userAgent, purpose } = carrierOf({}, arriving({ 'user-agent': ['a'], 'sec-purpose': 7 }))
  expect([userAgent, purpose]).toEqual([undefined, 7])
})

describe('a page that the browser prefetches', () => {
  const idle = { idle: '20m', cookie: { maxAge: 24 * hour } } as const
  const leave = (session: TestSession): unknown => Object.assign(session, { views: 1 })

  test.each(['prefetch', 'prefetch;prerender', ' Prefetch; anonymous-client-ip'])(
    '(%j) prolongs nothing',
    async purpose => {
      const { visitor, clock } = stage(idle)
      const ada = visitor()
      await ada.request(leave)
      clock.advance(15 * minute)
      await ada.request(undefined, { purpose })
      clock.advance(6 * minute)
      expect((await ada.arrive()).outcome).toBe('expired')
    },
  )

  test.each(['', 'navigate', 'prefetcher', 7, undefined])('does not include one with %j', async purpose => {
    const { visitor, clock } = stage(idle)
    const ada = visitor()
    await ada.request(leave)
    clock.advance(15 * minute)
    await ada.request(undefined, { purpose })
    clock.advance(6 * minute)
    expect((await ada.arrive()).outcome).toBe('found')
  })

  test('gets no new id', async () => {
    const { visitor, clock } = stage({ rotateEvery: '10m' })
    const ada = visitor()
    await ada.request(leave)
    clock.advance(11 * minute)
    expect((await ada.request(undefined, { purpose: 'prefetch' })).setCookie).toBeUndefined()
    expect((await ada.request()).setCookie).toBeDefined()
  })
})

describe('wrong use', () => {
  const asCarrier = (value: unknown): never => value as never

  test.each([undefined, null, {}, new Headers(), 'headers'])(
    '`carrierOf` with the connection %j says what it needs',
    value => {
      expect(() => carrierOf({}, asCarrier(value))).toThrow(
        expect.objectContaining({
          code: 'OPTION_INVALID',
          message: expect.stringContaining('answers headers'),
        }),
      )
    },
  )

  test.each([undefined, null, {}, 'sid=1', new Request('http://shop.example')])(
    '`visit` and `read` of %j say that it is no carrier',
    async value => {
      const { sessions } = stage()
      const refusal = { code: 'OPTION_INVALID', message: expect.stringContaining('a carrier') }
      expect(() => sessions.visit(asCarrier(value))).toThrow(expect.objectContaining(refusal))
      await expect(sessions.read(asCarrier(value))).rejects.toMatchObject(refusal)
    },
  )
})
