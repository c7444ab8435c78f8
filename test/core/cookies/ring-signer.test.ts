import { createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { RingSigner, type RingSignerOptions } from '../../../src/core/cookies/ring-signer.ts'
import { Signer } from '../../../src/core/cookies/secret-signer.ts'
import type { KeyOptions } from '../../../src/core/keys/key-options.ts'
import { KeyRing } from '../../../src/core/keys/key-ring.ts'
import { type FakeClock, fakeClock } from '../../../src/testing/fake-clock.ts'

const id = 'ZYe1Dq0wT7Wk0VtqYv7OaK0kD2eJ5m8x'
const name = 'connect.sid'
const newKey: KeyOptions = { id: 'new', secret: 'new-secret-new-secret-new-secret-new-secret' }
const oldKey: KeyOptions = { id: 'old', secret: 'old-secret-old-secret-old-secret-old-secret' }
const oddIds = [
  'a',
  'apple',
  '%',
  '/foo',
  'a.b.c',
  '.',
  '..',
  'ünïcode',
  '🍏',
  'a b;c',
  's:a',
  'x'.repeat(256),
]

describe('the format', () => {
  test('a value consists of the key id, the id and the HMAC that Node computes', () => {
    for (const text of [id, ...oddIds]) {
      const value = signerOf([newKey]).sign(text)
      expect(value).toBe(signed(newKey, text))
      expect(signerOf([newKey]).verify(value)).toEqual({ id: text, isNewestSecret: true })
    }
  })

  test('a thousand random ids agree with the HMAC of Node', () => {
    const signer = signerOf([newKey])
    for (let round = 0; round < 1000; round += 1) {
      const text = randomBytes(1 + (round % 48)).toString('base64url')
      expect(signer.sign(text)).toBe(signed(newKey, text))
    }
  })

  test('a minted id needs no percent-encoding, and any other id comes back as it was', () => {
    const signer = signerOf([newKey])
    expect(signer.write(id)).toBe(signed(newKey, id))
    for (const text of oddIds) expect(signer.read(signer.write(text))?.id).toBe(text)
  })

  test('a value that was signed for another cookie is refused', () => {
    const other = signerOf([newKey], { cookieName: 'pref' })
    expect(other.sign(id)).toBe(signed(newKey, id, 'pref'))
    expect(other.verify(signed(newKey, id))).toBeUndefined()
    expect(other.read(signed(newKey, id))).toBeUndefined()
    expect(signerOf([newKey]).read(other.write(id))).toBeUndefined()
  })

  test('the end of the cookie name cannot pass for the beginning of an id', () => {
    const one = signerOf([newKey], { cookieName: 'ab' }).sign('c')
    const other = signerOf([newKey], { cookieName: 'a' }).sign('bc')
    expect(one.slice(-43)).not.toBe(other.slice(-43))
  })
})

describe('several keys', () => {
  test('the first signs and each verifies, and the result says whether it was the first', () => {
    const signer = signerOf([newKey, oldKey])
    expect(signer.sign(id)).toBe(signed(newKey, id))
    expect(signer.read(signed(newKey, id))).toEqual({ id, isNewestSecret: true })
    expect(signer.read(signed(oldKey, id))).toEqual({ id, isNewestSecret: false })
  })

  test('only the named key is tried', () => {
    const signer = signerOf([newKey, oldKey])
    const mac = signed(oldKey, id).slice(-43)
    for (const kid of ['new', 'unknown', '', 'OLD', 'ol', 'oldd', 'constructor', '__proto__'])
      expect(signer.verify(`${kid}.${id}.${mac}`)).toBeUndefined()
    expect(signer.verify(`old.${id}.${mac}`)?.id).toBe(id)
  })

  test('a removed key verifies nothing', () => {
    expect(signerOf([newKey]).read(signed(oldKey, id))).toBeUndefined()
  })

  test('a revoked key verifies nothing', () => {
    expect(signerOf([newKey, { ...oldKey, revoked: true }]).read(signed(oldKey, id))).toBeUndefined()
  })

  test('an expired key verifies nothing, not even values that it verified before', () => {
    const clock = fakeClock()
    const signer = signerOf([newKey, { ...oldKey, notAfter: clock.now() + 1000 }], {}, clock)
    expect(signer.read(signed(oldKey, id))).toEqual({ id, isNewestSecret: false })
    clock.advance(1000)
    expect(signer.read(signed(oldKey, id))?.id).toBe(id)
    clock.advance(1)
    expect(signer.read(signed(oldKey, id))).toBeUndefined()
    expect(signer.read(signed(newKey, id))?.id).toBe(id)
  })

  test('when the first key expires the second signs, and remembered signatures are dropped', () => {
    const clock = fakeClock()
    const signer = signerOf([{ ...newKey, notAfter: clock.now() }, oldKey], {}, clock)
    const visitor = signer.read(signed(oldKey, id))
    if (visitor !== undefined) visitor.cookieValue = signer.write(id)
    expect(signer.read(signed(oldKey, id))).toBe(visitor)
    clock.advance(1)
    expect(signer.read(signed(oldKey, id))).toEqual({ id, isNewestSecret: true })
    expect(signer.write(id)).toBe(signed(oldKey, id))
  })

  test('when every key has expired nothing verifies, without an exception, and signing says why', () => {
    const clock = fakeClock()
    const signer = signerOf([{ ...newKey, notAfter: clock.now() }], {}, clock)
    expect(signer.read(signed(newKey, id))?.id).toBe(id)
    clock.advance(1)
    expect(signer.read(signed(newKey, id))).toBeUndefined()
    expect(signer.verify(signed(newKey, id))).toBeUndefined()
    expect(() => signer.sign(id)).toThrow('Expected one of `keys` to be usable')
  })

  test('plain secrets that change in place take effect at once, and a secret that comes back reads again', () => {
    const clock = fakeClock()
    const secrets = ['new', 'old']
    const signer = new RingSigner(KeyRing.ofSecrets(secrets, clock), { cookieName: name })
    const value = signer.write(id)
    expect(signer.read(value)).toEqual({ id, isNewestSecret: true })
    secrets.unshift('newest')
    expect(signer.read(value)).toEqual({ id, isNewestSecret: false })
    secrets.splice(1, 1)
    expect(signer.read(value)).toBeUndefined()
    secrets.push('new')
    expect(signer.read(value)).toEqual({ id, isNewestSecret: false })
  })
})

describe('cookies in the format of express-session', () => {
  const legacySigner = new Signer(['keyboard cat'])
  const value = legacySigner.sign(id)
  const cookieValue = legacySigner.write(id)

  test('are refused by default', () => {
    expect(signerOf([newKey]).read(cookieValue)).toBeUndefined()
    expect(signerOf([newKey]).verify(value)).toBeUndefined()
  })

  test('are accepted with the option, and are due to be replaced', () => {
    const signer = signerOf([newKey], { legacy: () => legacySigner })
    expect(signer.read(cookieValue)).toEqual({ id, isNewestSecret: false })
    expect(signer.read(value)).toEqual({ id, isNewestSecret: false })
    expect(signer.verify(value)).toEqual({ id, isNewestSecret: false })
    expect(signer.write(id)).toBe(signed(newKey, id))
  })

  test('are accepted until the end of the option, and no longer, however often they were sent before', () => {
    const clock = fakeClock()
    const until = clock.now() + 1000
    const legacy = () => (clock.now() < until ? legacySigner : undefined)
    const signer = signerOf([newKey], { legacy }, clock)
    clock.advance(999)
    expect(signer.read(cookieValue)?.id).toBe(id)
    clock.advance(1)
    expect(signer.read(cookieValue)).toBeUndefined()
    expect(signer.verify(value)).toBeUndefined()
    expect(signer.read(signed(newKey, id))?.id).toBe(id)
  })

  test('do not share what another signer remembers', () => {
    const signer = signerOf([newKey], { legacy: () => legacySigner })
    const visitor = signer.read(cookieValue)
    if (visitor !== undefined) visitor.cookieValue = 'signed anew'
    expect(legacySigner.read(cookieValue)).toEqual({ id, isNewestSecret: true })
  })

  test('and the new format never verify each other', () => {
    const signer = signerOf([newKey], { legacy: () => new Signer([newKey.secret]) })
    const mac = signed(newKey, id).slice(-43)
    const legacyMac = new Signer([newKey.secret]).sign(id).slice(-43)
    for (const wrong of [
      `s:${id}.${mac}`,
      `s:new.${id}.${mac}`,
      `new.${id}.${legacyMac}`,
      `${id}.${legacyMac}`,
    ])
      expect(signer.verify(wrong)).toBeUndefined()
  })
})

describe('a value that is no signed id', () => {
  const signer = signerOf([newKey, oldKey])
  const right = signed(newKey, id)
  const mac = right.slice(-43)

  test.each([
    ['nothing', ''],
    ['a dot', '.'],
    ['many dots', '.'.repeat(300)],
    ['the id alone', id],
    ['the id and the signature', `${id}.${mac}`],
    ['the key id alone', 'new'],
    ['the key id and a dot', 'new.'],
    ['the key id and the id', `new.${id}`],
    ['an empty signature', `new.${id}.`],
    ['an id that is empty, with its right signature', signed(newKey, '')],
    ['a signature without an id', `new.${mac}`],
    ['no key id', `.${id}.${mac}`],
    ['another separator', `new.${id}:${mac}`],
    ['another separator in front', `new:${id}.${mac}`],
    ['a signature of another id', `new.${id}.${signed(newKey, 'another').slice(-43)}`],
    ['another id with this signature', `new.another.${mac}`],
    ['an id that is longer by one', `new.${id}x.${mac}`],
    ['an id that is shorter by one', `new.${id.slice(0, -1)}.${mac}`],
    ['id and signature swapped', `new.${mac}.${id}`],
    ['the name of the format', `v2.${id}.${mac}`],
    ['a JSON cookie', 'j:{"a":1}'],
    ['zero bytes', '\0'.repeat(80)],
    ['padding', `${right}=`],
    ['a space after it', `${right} `],
    ['a space before it', ` ${right}`],
    ['a line feed after it', `${right}\n`],
    ['one character less', right.slice(0, -1)],
    ['quotes around it', `"${right}"`],
    ['letters beyond ASCII that decode to the same bytes', `new.${id}.${lookAlike(mac)}`],
    ['a key id in letters beyond ASCII', `${lookAlike('new')}.${id}.${mac}`],
    ['a null character in it', `${right.slice(0, -1)}\0`],
    ['a broken percent-encoding', `${right}%`],
    ['an overlong percent-encoding', right.replace('Z', '%C1%9A')],
  ])('%s is refused without an exception', (_kind, value) => {
    for (let round = 0; round < 2; round += 1) {
      expect(signer.verify(value)).toBeUndefined()
      expect(signer.read(value)).toBeUndefined()
      expect(signer.read(right)?.id).toBe(id)
    }
  })

  test('a signature has exactly one spelling: every other last character is refused', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_='
    const accepted = [...alphabet].filter(last => signer.verify(right.slice(0, -1) + last) !== undefined)
    expect(accepted).toEqual([right.at(-1)])
  })

  test('the standard alphabet is another spelling, and is refused', () => {
    const text = idWithOddMac()
    const value = signed(newKey, text)
    const standard = value.slice(0, -43) + value.slice(-43).replaceAll('-', '+').replaceAll('_', '/')
    expect(standard).not.toBe(value)
    expect(signer.verify(value)?.id).toBe(text)
    expect(signer.verify(standard)).toBeUndefined()
  })

  test('a percent-encoding has exactly one spelling', () => {
    expect(signer.read(right.replace('Z', '%5A'))).toBeUndefined()
    const value = signer.write('a/b')
    expect(value).toContain('%2F')
    expect(signer.read(value)?.id).toBe('a/b')
    expect(signer.read(value.replace('%2F', '%2f'))).toBeUndefined()
    expect(signer.read(value.replace('%2F', '/'))).toBeUndefined()
  })

  test('a lone surrogate does not pass for the character that replaces it in UTF-8', () => {
    const value = signer.sign('a\ufffdb')
    expect(signer.verify(value)?.id).toBe('a\ufffdb')
    expect(signer.verify(value.replace('\ufffd', '\ud800'))).toBeUndefined()
    expect(signer.read(value.replace('\ufffd', '\ud800'))).toBeUndefined()
  })

  test('a change of any single character is noticed', () => {
    for (let at = 0; at < right.length; at += 1) {
      const other = right[at] === 'A' ? 'B' : 'A'
      expect(signer.read(right.slice(0, at) + other + right.slice(at + 1))).toBeUndefined()
    }
  })

  test('every part of a right value is refused', () => {
    for (let end = 0; end < right.length; end += 1) {
      expect(signer.read(right.slice(0, end))).toBeUndefined()
      expect(signer.read(right.slice(end + 1))).toBeUndefined()
    }
  })

  test('a value of any length and characters gets an answer and no exception', () => {
    for (const length of [1, 42, 43, 44, 45, 46, 4095, 4096, 4097, 100_000]) {
      for (const character of ['.', 'n', '\u{1f511}', '\ud800', '\0', '=', '%', '%00']) {
        for (const value of [character.repeat(length), `new.${character.repeat(length)}.${mac}`]) {
          expect(signer.verify(value)).toBeUndefined()
          expect(signer.read(value)).toBeUndefined()
        }
      }
    }
  })

  test('a value too long for a cookie is refused, even with a right signature', () => {
    expect(signer.verify(signed(newKey, 'x'.repeat(5000)))).toBeUndefined()
    expect(signer.read(signed(newKey, 'x'.repeat(5000)))).toBeUndefined()
  })
})

test('the memory of one visitor never answers another', () => {
  const signer = signerOf([newKey])
  for (let round = 0; round < 2; round += 1) {
    for (let index = 0; index < 12_000; index += 1)
      expect(signer.read(signer.write(`visitor${index}`))?.id).toBe(`visitor${index}`)
  }
})

test('a returning visitor is answered from memory', () => {
  const signer = signerOf([newKey])
  expect(signer.read(signed(newKey, id))).toBe(signer.read(signed(newKey, id)))
})

function signerOf(
  keys: readonly KeyOptions[],
  options: Partial<RingSignerOptions> = {},
  clock: FakeClock = fakeClock(),
): RingSigner {
  return new RingSigner(KeyRing.of(keys, clock), { cookieName: name, ...options })
}

/** The format computed by other means. */
function signed({ id: kid, secret }: KeyOptions, text: string, cookieName: string = name): string {
  const key = Buffer.from(hkdfSync('sha256', String(secret), '', `sojourn/v1/mac/${cookieName}`, 32))
  const mac = createHmac('sha256', key)
    .update(Buffer.from('01000000027632', 'hex'))
    .update(Buffer.from([1, 0, 0, 0, cookieName.length]))
    .update(cookieName)
    .update(text)
    .digest('base64url')
  return `${kid}.${text}.${mac}`
}

/** Characters that a conversion to one byte each would turn into the expected ones. */
function lookAlike(text: string): string {
  return [...text].map(letter => String.fromCharCode(letter.charCodeAt(0) + 0x100)).join('')
}

function idWithOddMac(): string {
  for (let number = 0; ; number += 1) {
    if (/[-_]/.test(signed(newKey, `id${number}`).slice(-43))) return `id${number}`
  }
}
