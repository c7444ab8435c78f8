import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isSafeMethod, type OriginFacts, OriginPolicy } from '../../../src/core/cross-site/same-origin.ts'

/** The facts of a request that changes something. By default no browser made it. */
function facts(given: Partial<OriginFacts> = {}): OriginFacts {
  return {
    method: 'POST',
    host: 'shop.test',
    isSecure: undefined,
    secFetchSite: undefined,
    secFetchMode: undefined,
    secFetchDest: undefined,
    origin: undefined,
    ...given,
  }
}

const policy = new OriginPolicy({ trusted: ['https://pay.test', 'https://pay.test:8443'] })

describe('a method', () => {
  test.each(['GET', 'HEAD', 'OPTIONS', 'QUERY'])('%s is safe, so that any site may send it', method => {
    expect(isSafeMethod(method)).toBe(true)
    expect(policy.refusal(facts({ method, secFetchSite: 'cross-site', origin: 'null' }))).toBeUndefined()
  })

  test.each(
    [
      'POST',
      'PUT',
      'PATCH',
      'DELETE',
      'TRACE',
      'CONNECT',
      'PROPFIND',
      'get',
      'GET ',
      '',
      undefined,
      ['GET'],
    ].map(method => [method]),
  )('%j is not, and no other site may send it', method => {
    expect(isSafeMethod(method)).toBe(false)
    expect(policy.refusal(facts({ method, secFetchSite: 'cross-site' }))).toBe('sec-fetch-site')
    expect(policy.refusal(facts({ method, origin: 'https://evil.test' }))).toBe('origin')
  })
})

describe('Sec-Fetch-Site', () => {
  test.each([
    ['same-origin', undefined],
    ['same-origin', 'https://shop.test'],
    ['same-origin', 'null'],
    ['none', undefined],
    ['none', 'null'],
  ])('%s lets the request through, whatever Origin is: %s', (secFetchSite, origin) => {
    expect(policy.refusal(facts({ secFetchSite, origin }))).toBeUndefined()
  })

  test.each([
    ['cross-site'],
    ['same-site'],
    ['Same-Origin'],
    ['SAME-ORIGIN'],
    ['same-origin, cross-site'],
    ['same-origin, same-origin'],
    ['same-origin;a'],
    ['"same-origin"'],
    ['same-origin '],
    ['unheard-of'],
    ['\u0000'],
    [' '],
    [['same-origin']],
    [[]],
    [null],
    [{}],
  ])('%j refuses the request, even with the own Origin', secFetchSite => {
    for (const origin of [undefined, 'https://shop.test', 'https://evil.test'])
      expect(policy.refusal(facts({ secFetchSite, origin }))).toBe('sec-fetch-site')
  })

  test('an empty one counts as absent, so that Origin decides', () => {
    expect(policy.refusal(facts({ secFetchSite: '', origin: 'https://shop.test' }))).toBeUndefined()
    expect(policy.refusal(facts({ secFetchSite: '', origin: 'https://evil.test' }))).toBe('origin')
  })
})

describe('without Sec-Fetch-Site', () => {
  test('a request without Origin is not from a browser, and passes', () => {
    expect(policy.refusal(facts())).toBeUndefined()
    expect(policy.refusal(facts({ origin: '' }))).toBeUndefined()
  })

  test.each([
    ['https://shop.test', 'shop.test'],
    ['http://shop.test', 'shop.test'],
    ['https://shop.test', 'SHOP.test'],
    ['https://SHOP.test', 'shop.test'],
    ['HTTPS://shop.test', 'shop.test'],
    ['https://shop.test', 'shop.test:443'],
    ['https://shop.test:443', 'shop.test'],
    ['http://shop.test', 'shop.test:80'],
    ['http://shop.test:3000', 'shop.test:3000'],
    ['http://localhost:3000', 'localhost:3000'],
    ['http://127.0.0.1:8080', '127.0.0.1:8080'],
    ['http://[::1]:3000', '[::1]:3000'],
    ['https://[2001:db8::1]', '[2001:DB8:0:0::1]:443'],
    ['https://xn--mnchen-3ya.test', 'xn--mnchen-3ya.test'],
    ['https://shop.test.', 'shop.test.'],
    ['https://my_shop.test', 'my_shop.test'],
  ])('Origin %s is that of the host %s', (origin, host) => {
    expect(policy.refusal(facts({ origin, host }))).toBeUndefined()
  })

  test.each([
    ['null', 'shop.test'],
    ['null', 'null'],
    ['https://evil.test', 'shop.test'],
    ['https://evil.shop.test', 'shop.test'],
    ['https://shop.test.evil.test', 'shop.test'],
    ['https://shop.test', 'www.shop.test'],
    ['https://shop.test:8443', 'shop.test'],
    ['https://shop.test', 'shop.test:8443'],
    ['https://shop.test', 'shop.test:80'],
    ['http://shop.test', 'shop.test:443'],
    ['https://shop.test.', 'shop.test'],
    ['https://shop.test', 'shop.test.'],
    ['https://shop.test, https://shop.test', 'shop.test'],
    ['https://shop.test, https://evil.test', 'shop.test'],
    ['https://shop.test https://shop.test', 'shop.test'],
    ['https://shop.test/', 'shop.test'],
    ['https://shop.test/path', 'shop.test'],
    ['https://shop.test?', 'shop.test'],
    ['https://shop.test#', 'shop.test'],
    ['https://shop.test\\@evil.test', 'shop.test'],
    ['https://evil.test@shop.test', 'shop.test'],
    ['https://a:b@shop.test', 'shop.test'],
    ['https://shop.test:', 'shop.test'],
    ['https://shop.test:99999', 'shop.test:99999'],
    ['https://sh%6fp.test', 'shop.test'],
    ['https://münchen.test', 'xn--mnchen-3ya.test'],
    ['https://mÃ¼nchen.test', 'mÃ¼nchen.test'],
    ['https://ſhop.test', 'shop.test'],
    ['https:shop.test', 'shop.test'],
    ['https:///shop.test', 'shop.test'],
    ['//shop.test', 'shop.test'],
    ['shop.test', 'shop.test'],
    [' https://shop.test', 'shop.test'],
    ['https://shop.test\t', 'shop.test'],
    ['https://shop.test\n', 'shop.test'],
    ['https://shop.test\u0000', 'shop.test'],
    ['https://', ''],
    ['https://[::1', '[::1'],
    ['https://[1::2::3]', '[1::2::3]'],
    ['https://::1', '::1'],
    ['ftp://shop.test', 'shop.test'],
    ['wss://shop.test', 'shop.test'],
    ['file://', 'shop.test'],
    ['file://shop.test', 'shop.test'],
    ['chrome-extension://shop.test', 'shop.test'],
    ['javascript:alert(1)', 'shop.test'],
    ['https://shop.test', undefined],
    ['https://shop.test', ''],
    ['https://shop.test', 'shop.test, shop.test'],
    ['https://shop.test', 'evil.test@shop.test'],
    ['https://shop.test', 'shop.test/'],
    ['https://shop.test', 'https://shop.test'],
    ['https://undefined', undefined],
    [['https://shop.test'], 'shop.test'],
    ['https://shop.test', ['shop.test']],
    [[], 'shop.test'],
    [null, 'shop.test'],
    [{ toString: (): string => 'https://shop.test' }, 'shop.test'],
  ])('Origin %j is not that of the host %j', (origin, host) => {
    expect(policy.refusal(facts({ origin, host }))).toBe('origin')
  })
})

describe('the scheme', () => {
  test.each([
    [true, 'https://shop.test', undefined],
    [true, 'http://shop.test', 'origin'],
    [false, 'http://shop.test', undefined],
    [false, 'https://shop.test', 'origin'],
    [undefined, 'http://shop.test', undefined],
    [undefined, 'https://shop.test', undefined],
  ])('must match where it is known: secure %s, Origin %s', (isSecure, origin, refusal) => {
    expect(policy.refusal(facts({ isSecure, origin }))).toBe(refusal)
  })

  test('must match on the same port, too', () => {
    const host = 'shop.test:443'
    expect(policy.refusal(facts({ isSecure: true, host, origin: 'http://shop.test:443' }))).toBe('origin')
  })
})

describe('a trusted origin', () => {
  test.each([
    ['cross-site', 'https://pay.test'],
    ['same-site', 'https://pay.test:8443'],
    [undefined, 'https://pay.test'],
  ])('may send anything: Sec-Fetch-Site %s, Origin %s', (secFetchSite, origin) => {
    expect(policy.refusal(facts({ secFetchSite, origin }))).toBeUndefined()
  })

  test.each([
    'http://pay.test',
    'https://PAY.test',
    'https://pay.test/',
    'https://pay.test:443',
    'https://pay.test:9443',
    'https://pay.test.',
    'https://pay.test, https://pay.test',
    'https://www.pay.test',
    'https://pay.test.evil.test',
    'null',
    '__proto__',
    ['https://pay.test'],
  ])('is compared byte for byte, so that %j is not the same', origin => {
    expect(policy.refusal(facts({ secFetchSite: 'cross-site', origin }))).toBe('sec-fetch-site')
    expect(policy.refusal(facts({ origin }))).toBe('origin')
  })

  test('is recognised only by its Origin', () => {
    expect(policy.refusal(facts({ secFetchSite: 'cross-site' }))).toBe('sec-fetch-site')
  })

  test('cannot be added by changing the array later', () => {
    const trusted = ['https://pay.test']
    const own = new OriginPolicy({ trusted })
    trusted.push('https://evil.test')
    expect(own.refusal(facts({ origin: 'https://evil.test' }))).toBe('origin')
  })

  test.each([
    'https://pay.test/',
    'https://pay.test/path',
    'https://PAY.test',
    'HTTPS://pay.test',
    'https://pay.test:443',
    'http://pay.test:80',
    'https://*.pay.test',
    'https://*',
    '*',
    'null',
    '',
    'pay.test',
    '//pay.test',
    'https://a@pay.test',
    'https://pay.test?',
    'https://münchen.test',
    ' https://pay.test',
    'file://',
    'https://pay.test, https://ads.test',
  ])('%j throws at construction, and the message names it', origin => {
    const make = (): OriginPolicy => new OriginPolicy({ trusted: ['https://shop.test', origin] })
    expect(make).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
    expect(make).toThrow(`got '${origin}' in it`)
  })

  test.each([
    [[undefined], 'got undefined in it'],
    [new Array(1), 'got undefined in it'],
    [[new URL('https://pay.test')], 'got an object (URL) in it'],
    [[/pay/], 'got an object (RegExp) in it'],
    ['https://pay.test', "got 'https://pay.test'"],
    [true, 'got true'],
    [null, 'got null'],
  ])('%j throws at construction', (trusted, message) => {
    expect(() => new OriginPolicy({ trusted: trusted as never })).toThrow(message)
  })

  test.each([
    'https://pay.test',
    'http://pay.test',
    'https://pay.test:8443',
    'https://[::1]',
    'https://xn--mnchen-3ya.test',
  ])('%s is accepted', origin => {
    const own = new OriginPolicy({ trusted: [origin] })
    expect(own.refusal(facts({ secFetchSite: 'cross-site', origin }))).toBeUndefined()
  })
})

describe('strict', () => {
  const strict = new OriginPolicy({ strict: true, trusted: ['https://pay.test'] })
  const loaded = { method: 'GET', secFetchSite: 'cross-site' }

  test.each([
    ['no-cors', 'image', undefined],
    ['no-cors', 'script', undefined],
    ['cors', 'empty', 'https://evil.test'],
    ['cors', 'empty', undefined],
    ['websocket', 'websocket', 'https://evil.test'],
    ['navigate', 'iframe', undefined],
    ['navigate', 'frame', undefined],
    ['navigate', 'embed', undefined],
    ['navigate', 'object', undefined],
    ['navigate', 'unheard-of', undefined],
    ['navigate, navigate', 'document', undefined],
    [['navigate'], 'document', undefined],
    [undefined, undefined, undefined],
  ])('refuses loads by other sites: mode %j, destination %j', (secFetchMode, secFetchDest, origin) => {
    for (const secFetchSite of ['cross-site', 'same-site']) {
      const given = facts({ method: 'GET', secFetchSite, secFetchMode, secFetchDest, origin })
      expect(strict.refusal(given)).toBe('sec-fetch-site')
      expect(policy.refusal(given)).toBeUndefined()
    }
  })

  test.each(['document', undefined, ''])('lets a visitor follow a link: destination %j', secFetchDest => {
    expect(strict.refusal(facts({ ...loaded, secFetchMode: 'navigate', secFetchDest }))).toBeUndefined()
  })

  test('does not take a form post for a link', () => {
    const posted = { method: 'POST', secFetchMode: 'navigate', secFetchDest: 'document' }
    expect(strict.refusal(facts({ ...loaded, ...posted }))).toBe('sec-fetch-site')
  })

  test('lets the own site and trusted sites load anything', () => {
    const own = facts({
      ...loaded,
      secFetchSite: 'same-origin',
      secFetchMode: 'no-cors',
      secFetchDest: 'image',
    })
    expect(strict.refusal(own)).toBeUndefined()
    expect(
      strict.refusal(facts({ ...loaded, secFetchMode: 'cors', origin: 'https://pay.test' })),
    ).toBeUndefined()
  })

  test('lets an old browser navigate, and recognises another site by its Origin', () => {
    expect(strict.refusal(facts({ method: 'GET' }))).toBeUndefined()
    expect(strict.refusal(facts({ method: 'GET', origin: 'https://evil.test' }))).toBe('origin')
  })
})

describe('an upgrade', () => {
  test.each([
    [{ origin: 'https://evil.test' }, 'origin'],
    [{ origin: 'null' }, 'origin'],
    [{ secFetchSite: 'cross-site', origin: 'https://evil.test' }, 'sec-fetch-site'],
    [{ secFetchSite: 'same-site', secFetchMode: 'navigate', secFetchDest: 'document' }, 'sec-fetch-site'],
    [{ origin: 'https://shop.test' }, undefined],
    [{ secFetchSite: 'cross-site', origin: 'https://pay.test' }, undefined],
    [{}, undefined],
  ])('is refused whatever its method: %j', (given, refusal) => {
    expect(policy.upgradeRefusal(facts({ ...given, method: 'GET' }))).toBe(refusal)
  })
})

describe('any input from a visitor', () => {
  const piece = fc.constantFrom(
    'https://',
    'http://',
    'shop.test',
    '[::1]',
    ':443',
    '@',
    '/',
    '%',
    ', ',
    'null',
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece).map(pieces => pieces.join('')),
  )
  const header = fc.oneof(text, fc.constant(undefined), fc.array(text), fc.anything())
  const anyFacts = fc.record({
    method: fc.oneof(fc.constantFrom('GET', 'POST'), header),
    host: header,
    isSecure: fc.constantFrom(true, false, undefined),
    secFetchSite: header,
    secFetchMode: header,
    secFetchDest: header,
    origin: header,
  })

  test('gets an answer, and never an exception', () => {
    fc.assert(
      fc.property(anyFacts, given => {
        expect([undefined, 'origin', 'sec-fetch-site']).toContain(policy.refusal(given))
      }),
    )
  })

  test('is never taken for the own origin when it is another', () => {
    const own = ['https://shop.test', 'http://shop.test']
    fc.assert(
      fc.property(text, origin => {
        const isOwn =
          origin === '' || own.some(other => origin.toLowerCase().replace(/:(443|80)$/, '') === other)
        fc.pre(!isOwn)
        expect(policy.refusal(facts({ origin }))).toBe('origin')
      }),
    )
  })

  test('is checked in no time, even in the longest header', () => {
    const started = performance.now()
    for (const unit of ['a', '.', ':', '0', '[', 'https://', 'xn--a', '-a']) {
      const origin = `https://${unit.repeat(16_000)}`
      expect(policy.refusal(facts({ origin, host: origin.slice(8) }))).toBe('origin')
    }
    expect(performance.now() - started).toBeLessThan(500)
  })
})
