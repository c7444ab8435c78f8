import { createHmac, createSecretKey, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Signer } from '../../../src/core/cookies/secret-signer.ts'
import type { Secret } from '../../../src/core/keys/secret.ts'

const id = 'ZYe1Dq0wT7Wk0VtqYv7OaK0kD2eJ5m8x'

describe('the format', () => {
  const secrets: [string, Secret][] = [
    ['one letter', 'k'],
    ['a phrase', 'keyboard cat'],
    ['letters beyond ASCII', 'schlüssel – 鍵 – 🔑'],
    ['63 characters', 'x'.repeat(63)],
    ['64 characters', 'x'.repeat(64)],
    ['65 characters', 'x'.repeat(65)],
    ['64 bytes in fewer characters', 'é'.repeat(32)],
    ['65 bytes in fewer characters', `${'é'.repeat(32)}x`],
    ['1000 characters', 'y'.repeat(1000)],
    ['bytes', randomBytes(32)],
    ['64 bytes', randomBytes(64)],
    ['200 bytes', randomBytes(200)],
    ['a plain Uint8Array that is a part of a larger one', new Uint8Array(randomBytes(64)).subarray(3, 40)],
    ['a key object', createSecretKey(randomBytes(48))],
    ['a long key object', createSecretKey(randomBytes(100))],
  ]

  test.each(secrets)('a signature by %s is the same as express-session’s', (_kind, secret) => {
    for (const text of [id, 'apple', '%', '/foo', 'a.b.c', 'ünïcode', '🍏', 'x'.repeat(256)]) {
      const signed = new Signer([secret]).sign(text)
      expect(signed).toBe(asExpressSession(secret, text))
      expect(new Signer([secret]).verify(signed)).toEqual({ id: text, isNewestSecret: true })
    }
  })

  test('a thousand random secrets and ids agree with the HMAC of Node', () => {
    for (let round = 0; round < 1000; round += 1) {
      const secret = randomBytes(1 + (round % 130))
      const text = randomBytes(24).toString('base64url')
      expect(new Signer([secret]).sign(text)).toBe(asExpressSession(secret, text))
    }
  })

  test('one signer gives the same signature for the same id, whatever it has signed before', () => {
    const signer = new Signer(['secret'])
    signer.sign('x'.repeat(200))
    expect(signer.sign(id)).toBe(asExpressSession('secret', id))
    signer.verify(`s:${'y'.repeat(300)}.${'A'.repeat(43)}`)
    expect(signer.sign(id)).toBe(asExpressSession('secret', id))
  })
})

describe('several secrets', () => {
  test('the first signs and each verifies, and the result says whether it was the first', () => {
    const signer = new Signer(['new', 'old', 'older'])
    expect(signer.sign(id)).toBe(asExpressSession('new', id))
    expect(signer.verify(asExpressSession('new', id))).toEqual({ id, isNewestSecret: true })
    expect(signer.verify(asExpressSession('old', id))).toEqual({ id, isNewestSecret: false })
    expect(signer.verify(asExpressSession('older', id))).toEqual({ id, isNewestSecret: false })
    expect(signer.verify(asExpressSession('foreign', id))).toBeUndefined()
  })

  test('secrets that change in place take effect at once', () => {
    const secrets = ['old']
    const signer = new Signer(secrets)
    const before = signer.sign(id)
    secrets.unshift('new')
    expect(signer.sign(id)).toBe(asExpressSession('new', id))
    expect(signer.verify(before)).toEqual({ id, isNewestSecret: false })
    secrets.pop()
    expect(signer.verify(before)).toBeUndefined()
    secrets[0] = 'newest'
    expect(signer.sign(id)).toBe(asExpressSession('newest', id))
  })

  test('an empty list signs nothing and verifies nothing', () => {
    expect(() => new Signer([]).sign(id)).toThrow('secret option array must contain one or more strings')
    expect(new Signer([]).verify(asExpressSession('secret', id))).toBeUndefined()
  })
})

describe('reading a received cookie', () => {
  test('it undoes the percent-encoding, in every spelling', () => {
    const signer = new Signer(['secret'])
    const signed = asExpressSession('secret', id)
    expect(signer.write(id)).toBe(encodeURIComponent(signed))
    for (const value of [signer.write(id), signed, signer.write(id).replaceAll('%3A', '%3a')]) {
      expect(signer.read(value)).toMatchObject({ id, isNewestSecret: true })
      expect(signer.read(value)).toMatchObject({ id, isNewestSecret: true })
    }
  })

  test('a wrong value stays wrong, however often it comes, even together with the right one', () => {
    const signer = new Signer(['secret'])
    const right = signer.write(id)
    for (const wrong of [
      `${right}A`,
      right.slice(0, -1),
      signer.write('other').replace('other', id),
      '%',
      '',
    ]) {
      for (let round = 0; round < 3; round += 1) {
        expect(signer.read(right)?.id).toBe(id)
        expect(signer.read(wrong)).toBeUndefined()
      }
    }
  })

  test('a value that a removed secret verified is no longer accepted', () => {
    const secrets = ['new', 'old']
    const signer = new Signer(secrets)
    const old = encodeURIComponent(asExpressSession('old', id))
    expect(signer.read(old)).toMatchObject({ id, isNewestSecret: false })
    secrets.pop()
    expect(signer.read(old)).toBeUndefined()
    secrets.unshift('old')
    expect(signer.read(old)).toMatchObject({ id, isNewestSecret: true })
    secrets[0] = 'other'
    expect(signer.read(old)).toBeUndefined()
  })

  test('the memory of one visitor never answers another', () => {
    const signer = new Signer(['secret'])
    for (let round = 0; round < 2; round += 1) {
      for (let index = 0; index < 12_000; index += 1) {
        expect(signer.read(signer.write(`visitor${index}`))?.id).toBe(`visitor${index}`)
      }
    }
  })
})

describe('a value that is no signed id', () => {
  const signer = new Signer(['secret'])
  const signed = asExpressSession('secret', id)
  const mac = signed.slice(-43)

  test.each([
    ['nothing', ''],
    ['the id alone', id],
    ['the id with its prefix', `s:${id}`],
    ['an empty signature', `s:${id}.`],
    ['the prefix alone', 's:'],
    ['a prefix and a dot', 's:.'],
    ['an id that is empty, with its right signature', asExpressSession('secret', '')],
    ['a signature alone', mac],
    ['a signature without an id', `.${mac}`],
    ['another prefix', `j:${id}.${mac}`],
    ['a prefix in capitals', `S:${id}.${mac}`],
    ['no prefix', `${id}.${mac}`],
    ['another separator', `s:${id}:${mac}`],
    ['a signature of another id', `s:${id}.${asExpressSession('secret', 'another').slice(-43)}`],
    ['another id with this signature', `s:another.${mac}`],
    ['an id that is longer by one', `s:${id}x.${mac}`],
    ['an id that is shorter by one', `s:${id.slice(0, -1)}.${mac}`],
    ['id and signature swapped', `s:${mac}.${id}`],
    ['a JSON cookie', 'j:{"a":1}'],
    ['zero bytes', '\0'.repeat(80)],
  ])('%s is refused without an exception', (_kind, value) => {
    expect(signer.verify(value)).toBeUndefined()
  })

  test.each([
    ['padding', `${signed}=`],
    ['a space after it', `${signed} `],
    ['a space before it', ` ${signed}`],
    ['a line feed after it', `${signed}\n`],
    ['one character less', signed.slice(0, -1)],
    ['letters beyond ASCII that decode to the same bytes', `s:${id}.${lookAlike(mac)}`],
    ['a null character in it', `${signed.slice(0, -1)}\0`],
  ])('a right signature with %s is refused', (_kind, value) => {
    expect(signer.verify(value)).toBeUndefined()
  })

  test('a signature has exactly one spelling: every other last character is refused', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_='
    const accepted = [...alphabet].filter(last => signer.verify(signed.slice(0, -1) + last) !== undefined)
    expect(accepted).toEqual([signed.at(-1)])
  })

  test('the URL alphabet is another spelling, and is refused', () => {
    const text = idWithOddMac()
    const value = asExpressSession('secret', text)
    const inUrl = value.slice(0, -43) + value.slice(-43).replaceAll('+', '-').replaceAll('/', '_')
    expect(inUrl).not.toBe(value)
    expect(signer.verify(value)?.id).toBe(text)
    expect(signer.verify(inUrl)).toBeUndefined()
  })

  test('a change of any single character of a signature is noticed', () => {
    for (let at = signed.length - 43; at < signed.length; at += 1) {
      const other = signed[at] === 'A' ? 'B' : 'A'
      expect(signer.verify(signed.slice(0, at) + other + signed.slice(at + 1))).toBeUndefined()
    }
  })

  test('a value of any length and characters gets an answer and no exception', () => {
    for (const length of [1, 42, 43, 44, 45, 46, 4095, 4096, 4097, 100_000]) {
      for (const character of ['.', 's', '\u{1f511}', '\ud800', '\0', '=']) {
        expect(signer.verify(`s:${character.repeat(length)}`)).toBeUndefined()
        expect(signer.verify(`s:${character.repeat(length)}.${mac}`)).toBeUndefined()
      }
    }
  })

  test('a value too long for a cookie is refused, even with a right signature', () => {
    expect(signer.verify(asExpressSession('secret', 'x'.repeat(5000)))).toBeUndefined()
  })
})

function asExpressSession(secret: Secret, text: string): string {
  const mac = createHmac('sha256', secret).update(text).digest('base64').replace(/=+$/, '')
  return `s:${text}.${mac}`
}

/** Characters that a conversion to one byte each would turn into the expected ones. */
function lookAlike(mac: string): string {
  return [...mac].map(letter => String.fromCharCode(letter.charCodeAt(0) + 0x100)).join('')
}

function idWithOddMac(): string {
  for (let number = 0; ; number += 1) {
    if (/[+/]/.test(asExpressSession('secret', `id${number}`).slice(-43))) return `id${number}`
  }
}
