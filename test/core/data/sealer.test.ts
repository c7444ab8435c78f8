import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SealMode } from '../../../src/core/data/envelope.ts'
import { type SealContext, Sealer } from '../../../src/core/data/sealer.ts'
import type { KeyOptions } from '../../../src/core/keys/key-options.ts'
import { KeyRing } from '../../../src/core/keys/key-ring.ts'
import { type FakeClock, fakeClock } from '../../../src/testing/fake-clock.ts'

const newKey: KeyOptions = { id: '2030-02', secret: 'new-secret-new-secret-new-secret-new-secret' }
const oldKey: KeyOptions = { id: '2030-01', secret: 'old-secret-old-secret-old-secret-old-secret' }
const text = '{"cart":["žluťoučký kůň","🐎"],"views":3}'
const context: SealContext = {
  id: 'ZYe1Dq0wT7Wk0VtqYv7OaK0kD2eJ5m8x',
  key: 'k_kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk',
  version: 7,
  cookieName: 'connect.sid',
  bound: ['subject', 1_893_456_000_000, undefined],
}
const modes: SealMode[] = ['server', 'visitor']
const saltBytes = { server: 16, visitor: 0 }
const headBytes = { server: 2 + 7 + 16, visitor: 2 + 7 }

describe.each(modes)('in mode %s', mode => {
  const sealer = sealerOf([newKey, oldKey], mode)

  test('sealed text opens again', () => {
    for (const plain of [text, '', '{}', ' ', '\0', '🐎', 'x'.repeat(100_000)])
      expect(sealer.open(sealer.seal(plain, context), context)).toEqual({ text: plain, isResealDue: false })
  })

  test('any text opens as it was', () => {
    void fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), plain => {
        expect(sealer.open(sealer.seal(plain, context), context)).toEqual({ text: plain, isResealDue: false })
      }),
    )
  })

  test('the format is fixed: Node opens an envelope by the specification', () => {
    const sealed = Buffer.from(sealer.seal(text, context))
    const { nonce, ciphertext, tag, salt } = parts(sealed, mode)
    expect(sealed[0]).toBe(mode === 'server' ? 1 : 2)
    expect(sealed[1]).toBe(7)
    expect(sealed.toString('latin1', 2, 9)).toBe('2030-02')
    const decipher = createDecipheriv('aes-256-gcm', dataKey(mode, salt, newKey), nonce, {
      authTagLength: 16,
    })
    decipher.setAAD(additionalData(mode, newKey)).setAuthTag(tag)
    expect(decipher.update(ciphertext, undefined, 'utf8') + decipher.final('utf8')).toBe(text)
  })

  test('the format is fixed: an envelope that Node seals by the specification opens', () => {
    const salt = randomBytes(saltBytes[mode])
    const nonce = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', dataKey(mode, salt, oldKey), nonce, { authTagLength: 16 })
    cipher.setAAD(additionalData(mode, oldKey))
    const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
    const head = Buffer.from([mode === 'server' ? 1 : 2, 7])
    const sealed = Buffer.concat([head, Buffer.from('2030-01'), salt, nonce, ciphertext, cipher.getAuthTag()])
    expect(sealer.open(sealed, context)).toEqual({ text, isResealDue: true })
  })

  test('the envelope contains nothing of the text or of the id', () => {
    const sealed = Buffer.from(sealer.seal(text, context)).toString('latin1')
    for (const part of ['cart', 'views', context.id ?? '', context.key]) expect(sealed).not.toContain(part)
  })

  test('two thousand envelopes of one text are all different, in each part that is random', () => {
    const seen = { salt: new Set(), nonce: new Set(), ciphertext: new Set() }
    for (let round = 0; round < 2000; round += 1) {
      const { salt, nonce, ciphertext } = parts(Buffer.from(sealer.seal(text, context)), mode)
      seen.salt.add(salt.toString('hex'))
      seen.nonce.add(nonce.toString('hex'))
      seen.ciphertext.add(ciphertext.toString('hex'))
    }
    expect(seen.salt.size).toBe(mode === 'server' ? 2000 : 1)
    expect(seen.nonce.size).toBe(2000)
    expect(seen.ciphertext.size).toBe(2000)
  })

  test('an envelope keeps no other memory alive', () => {
    const sealed = sealer.seal(text, context)
    expect(sealed.buffer.byteLength).toBe(sealed.byteLength)
  })

  test('an envelope opens from a view into a larger buffer, and opening does not change it', () => {
    const sealed = sealer.seal(text, context)
    const block = new Uint8Array(sealed.length + 20).fill(0xff)
    block.set(sealed, 10)
    const before = block.slice()
    for (let round = 0; round < 2; round += 1)
      expect(sealer.open(block.subarray(10, 10 + sealed.length), context)).toMatchObject({ text })
    expect(block).toEqual(before)
  })

  describe('changed bytes', () => {
    const sealed = sealer.seal(text, context)

    test('every truncation is refused, from either end', () => {
      for (let length = 0; length < sealed.length; length += 1) {
        expect(sealer.open(sealed.slice(0, length), context)).toBe('tampered')
        expect(sealer.open(sealed.slice(sealed.length - length), context)).toBeOneOf([
          'tampered',
          'unreadable',
        ])
      }
    })

    test('every other value of every single byte is refused', () => {
      for (let at = 0; at < sealed.length; at += 1) {
        const answers = new Set(changesOf(sealed, at).map(changed => sealer.open(changed, context)))
        // A changed key id may name a key that this ring does not have, and so may one of another length.
        if (at >= 1 && at < 9) answers.delete('unreadable')
        else expect(answers.size).toBe(1)
        answers.delete('tampered')
        expect([...answers], `byte ${at}`).toEqual([])
      }
    })

    test.each([1, 2, 15, 16, 17, 100])('%i bytes more are refused, before, after and within', count => {
      const more = randomBytes(count)
      expect(sealer.open(Buffer.concat([sealed, more]), context)).toBe('tampered')
      expect(sealer.open(Buffer.concat([sealed, Buffer.alloc(count)]), context)).toBe('tampered')
      expect(sealer.open(Buffer.concat([Buffer.alloc(count), sealed]), context)).toBe('tampered')
      expect(sealer.open(inserted(sealed, sealed.length - 16, more), context)).toBe('tampered')
      expect(sealer.open(inserted(sealed, headBytes[mode], more), context)).toBe('tampered')
    })

    test.each([0, 4, 8, 12, 13, 14, 15])(
      'a tag of %i bytes is refused, even when the text is long',
      length => {
        const long = sealer.seal('x'.repeat(1000), context)
        expect(sealer.open(long.slice(0, long.length - 16 + length), context)).toBe('tampered')
      },
    )

    test.each([0, 1, 8, 11, 13, 16])('a nonce of %i bytes is refused', length => {
      const { nonce } = parts(Buffer.from(sealed), mode)
      const other = Buffer.concat([nonce, Buffer.alloc(16)]).subarray(0, length)
      const head = Buffer.from(sealed.slice(0, headBytes[mode]))
      const rest = sealed.slice(headBytes[mode] + 12)
      expect(sealer.open(Buffer.concat([head, other, rest]), context)).toBe('tampered')
    })

    test('an envelope without its ciphertext is refused', () => {
      const empty = Buffer.concat([sealed.slice(0, headBytes[mode] + 12), sealed.slice(-16)])
      expect(sealer.open(empty, context)).toBe('tampered')
    })

    test('parts of two envelopes for one context do not make a third', () => {
      const one = Buffer.from(sealer.seal(text, context))
      const other = Buffer.from(sealer.seal(text, context))
      for (let cut = 10; cut < one.length; cut += 1) {
        const mixed = Buffer.concat([one.subarray(0, cut), other.subarray(cut)])
        // The parts may happen to be equal, and then the mix is one of the two.
        if (!mixed.equals(one) && !mixed.equals(other)) expect(sealer.open(mixed, context)).toBe('tampered')
      }
    })
  })

  describe('a moved envelope', () => {
    const sealed = sealer.seal(text, context)

    test.each<[string, Partial<SealContext>]>([
      ['another record', { key: context.key.replace('_', '-') }],
      ['another version', { version: 8 }],
      ['an older version', { version: 6 }],
      ['half a version', { version: 7.5 }],
      ['another cookie name', { cookieName: 'pref' }],
      ['a cookie name in other letters', { cookieName: 'Connect.sid' }],
      [
        'a key that ends with the first letter of the cookie name',
        { key: `${context.key}c`, cookieName: 'onnect.sid' },
      ],
      ['another subject', { bound: ['other', 1_893_456_000_000, undefined] }],
      ['no subject', { bound: [undefined, 1_893_456_000_000, undefined] }],
      ['another time', { bound: ['subject', 1_893_456_000_001, undefined] }],
      ['a time as text', { bound: ['subject', '1893456000000', undefined] }],
      ['an empty text in the place of nothing', { bound: ['subject', 1_893_456_000_000, ''] }],
      ['one field less', { bound: ['subject', 1_893_456_000_000] }],
      ['one field more', { bound: ['subject', 1_893_456_000_000, undefined, undefined] }],
      ['fields in another order', { bound: [1_893_456_000_000, 'subject', undefined] }],
      ['no fields', { bound: [] }],
    ])('to %s does not open there', (_kind, elsewhere) => {
      expect(sealer.open(sealed, { ...context, ...elsewhere })).toBe('tampered')
      expect(sealer.open(sealed, context)).toMatchObject({ text })
    })

    test('under the name of another key does not open, in either direction', () => {
      expect(sealer.open(renamed(sealed, '2030-01'), context)).toBe('tampered')
      const byOld = sealerOf([oldKey], mode).seal(text, context)
      expect(sealer.open(byOld, context)).toMatchObject({ text })
      expect(sealer.open(renamed(byOld, '2030-02'), context)).toBe('tampered')
    })

    test('to a ring whose key has the same id and another secret does not open', () => {
      expect(sealerOf([{ ...oldKey, id: '2030-02' }], mode).open(sealed, context)).toBe('tampered')
    })
  })

  describe('keys that change', () => {
    test('text sealed by an older key opens, and is due to be sealed again', () => {
      const sealed = sealerOf([oldKey], mode).seal(text, context)
      expect(sealer.open(sealed, context)).toEqual({ text, isResealDue: true })
      const again = sealer.seal(text, context)
      expect(sealer.open(again, context)).toEqual({ text, isResealDue: false })
    })

    test('text sealed by an unknown or a revoked key is unreadable, not tampered', () => {
      const sealed = sealerOf([oldKey], mode).seal(text, context)
      expect(sealerOf([newKey], mode).open(sealed, context)).toBe('unreadable')
      expect(sealerOf([newKey, { ...oldKey, revoked: true }], mode).open(sealed, context)).toBe('unreadable')
    })

    test('text is readable up to the last instant of its key, and unreadable after it', () => {
      const clock = fakeClock()
      const expiring = sealerOf([{ ...newKey, notAfter: clock.now() + 1000 }, oldKey], mode, clock)
      const sealed = expiring.seal(text, context)
      clock.advance(1000)
      expect(expiring.open(sealed, context)).toEqual({ text, isResealDue: false })
      clock.advance(1)
      expect(expiring.open(sealed, context)).toBe('unreadable')
      expect(expiring.open(expiring.seal(text, context), context)).toEqual({ text, isResealDue: false })
      expect(Buffer.from(expiring.seal(text, context)).toString('latin1', 2, 9)).toBe('2030-01')
    })

    test('sealing fails when no key may write any more', () => {
      const clock = fakeClock()
      const expiring = sealerOf([{ ...newKey, notAfter: clock.now() }], mode, clock)
      clock.advance(1)
      expect(() => expiring.seal(text, context)).toThrow('Expected one of `keys` to be usable')
    })

    test('plain secrets seal too, and changing them in place takes effect', () => {
      const secrets = ['keyboard cat']
      const plain = new Sealer(KeyRing.ofSecrets(secrets, fakeClock()), mode)
      const sealed = plain.seal(text, context)
      secrets.unshift('another')
      expect(plain.open(sealed, context)).toEqual({ text, isResealDue: true })
      secrets.pop()
      expect(plain.open(sealed, context)).toBe('unreadable')
    })
  })

  test('text sealed in the other mode opens, and is due to be sealed again', () => {
    const sealed = sealerOf([newKey], otherThan(mode)).seal(text, context)
    expect(sealer.open(sealed, context)).toEqual({ text, isResealDue: true })
  })

  test('bytes that are no envelope are refused and never read in another way', () => {
    for (const plain of [text, '', '{}', 'null']) {
      expect(sealer.open(plain, context)).toBe('tampered')
      expect(sealer.open(Buffer.from(plain), context)).toBe('tampered')
    }
  })

  test('any bytes get an answer and no exception, even behind a right beginning', () => {
    const head = sealer.seal(text, context).slice(0, 9)
    void fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, isAfterHead) => {
        const sealed = isAfterHead ? Buffer.concat([head, bytes]) : bytes
        expect(sealer.open(sealed, context)).toBeOneOf(['tampered', 'unreadable'])
        expect(sealer.open(sealed, { ...context, id: undefined })).toBeTypeOf('string')
      }),
      { numRuns: 2000 },
    )
  })

  test.each([0, 33, 64, 255])('a key id of %i characters is refused', length => {
    const sealed = sealer.seal(text, context)
    const head = Buffer.concat([Buffer.of(sealed[0] ?? 0, length), Buffer.alloc(length, 'x')])
    expect(sealer.open(Buffer.concat([head, sealed.slice(9)]), context)).toBe('tampered')
  })

  test.each(['2030.02', '2030 02', '2030\u000002', '2030\n02', '2030é02'])(
    'the key id %j is refused',
    kid => {
      expect(sealer.open(renamed(sealer.seal(text, context), kid), context)).toBe('tampered')
    },
  )
})

describe('who may read', () => {
  test('text sealed for the visitor does not open without the visitor', () => {
    const sealer = sealerOf([newKey], 'visitor')
    const sealed = sealer.seal(text, context)
    expect(sealer.open(sealed, { ...context, id: undefined })).toBe('needs-visitor')
    expect(sealerOf([newKey], 'server').open(sealed, { ...context, id: undefined })).toBe('needs-visitor')
  })

  test('text sealed for the visitor does not open with the id of another', () => {
    const sealer = sealerOf([newKey], 'visitor')
    const sealed = sealer.seal(text, context)
    for (const id of ['', 'another', `${context.id}x`, context.key, `${context.id}\0`])
      expect(sealer.open(sealed, { ...context, id })).toBe('tampered')
  })

  test('text sealed for the visitor is unreadable without its key, even for the visitor', () => {
    const sealed = sealerOf([oldKey], 'visitor').seal(text, context)
    expect(sealerOf([newKey], 'visitor').open(sealed, { ...context, id: undefined })).toBe('unreadable')
  })

  test('sealing for the visitor fails without a visitor', () => {
    expect(() => sealerOf([newKey], 'visitor').seal(text, { ...context, id: undefined })).toThrow(
      expect.objectContaining({ name: 'SojournError', code: 'OPTION_INVALID' }),
    )
  })

  test('text sealed for the server opens without the visitor', () => {
    const sealer = sealerOf([newKey], 'server')
    const sealed = sealer.seal(text, { ...context, id: undefined })
    expect(sealer.open(sealed, { ...context, id: undefined })).toEqual({ text, isResealDue: false })
    expect(sealer.open(sealed, context)).toEqual({ text, isResealDue: false })
  })

  test('an envelope does not open as one of the other mode, even when the lengths match', () => {
    const server = sealerOf([newKey], 'server').seal(text, context)
    const visitor = sealerOf([newKey], 'visitor').seal(`${'x'.repeat(16)}${text}`, context)
    for (const sealed of [server, visitor]) {
      const flipped = sealed.slice()
      flipped[0] = 3 - (flipped[0] ?? 0)
      expect(sealerOf([newKey], 'server').open(flipped, context)).toBe('tampered')
      expect(sealerOf([newKey], 'visitor').open(flipped, context)).toBe('tampered')
    }
  })
})

function sealerOf(keys: readonly KeyOptions[], mode: SealMode, clock: FakeClock = fakeClock()): Sealer {
  return new Sealer(KeyRing.of(keys, clock), mode)
}

function otherThan(mode: SealMode): SealMode {
  return mode === 'server' ? 'visitor' : 'server'
}

function parts(sealed: Buffer, mode: SealMode) {
  const saltStart = 2 + (sealed[1] ?? 0)
  const nonceStart = saltStart + saltBytes[mode]
  return {
    salt: sealed.subarray(saltStart, nonceStart),
    nonce: sealed.subarray(nonceStart, nonceStart + 12),
    ciphertext: sealed.subarray(nonceStart + 12, -16),
    tag: sealed.subarray(-16),
  }
}

/** The encryption key, from Node's HKDF. */
function dataKey(mode: SealMode, salt: Buffer, { secret }: KeyOptions): Buffer {
  const sealing = Buffer.from(hkdfSync('sha256', String(secret), '', 'sojourn/v1/enc', 32))
  const [material, ownSalt] = mode === 'server' ? [sealing, salt] : [context.id ?? '', sealing]
  return Buffer.from(hkdfSync('sha256', material, ownSalt, 'sojourn/v1/data', 32))
}

/** The additional data of `context`, byte by byte. */
function additionalData(mode: SealMode, { id }: KeyOptions): Buffer {
  const fields = [
    numberField(mode === 'server' ? 1 : 2),
    textField(id),
    textField(context.key),
    textField('connect.sid'),
    numberField(7),
    textField('subject'),
    numberField(1_893_456_000_000),
    Buffer.of(0),
  ]
  return Buffer.concat(fields)
}

function textField(content: string): Buffer {
  const head = Buffer.of(1, 0, 0, 0, content.length)
  return Buffer.concat([head, Buffer.from(content)])
}

function numberField(value: number): Buffer {
  const bytes = Buffer.alloc(9, 2)
  bytes.writeDoubleBE(value, 1)
  return bytes
}

/** The envelope with every other value of one byte. */
function changesOf(sealed: Uint8Array, at: number): Uint8Array[] {
  return Array.from({ length: 255 }, (_, index) => {
    const changed = sealed.slice()
    changed[at] = (changed[at] ?? 0) ^ (index + 1)
    return changed
  })
}

function inserted(sealed: Uint8Array, at: number, more: Uint8Array): Buffer {
  return Buffer.concat([sealed.slice(0, at), more, sealed.slice(at)])
}

/** The envelope with the id of another key, of the same or another length. */
function renamed(sealed: Uint8Array, kid: string): Buffer {
  const name = Buffer.from(kid, 'latin1')
  return Buffer.concat([sealed.slice(0, 1), Buffer.of(name.length), name, sealed.slice(9)])
}
