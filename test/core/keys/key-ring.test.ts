import { createSecretKey, generateKeyPairSync, hkdfSync, randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { KeyOptions } from '../../../src/core/keys/key-options.ts'
import { KeyRing } from '../../../src/core/keys/key-ring.ts'
import type { Secret } from '../../../src/core/keys/secret.ts'
import { isShortSecret } from '../../../src/core/keys/secret.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'

const newSecret = 'new-secret-new-secret-new-secret-new-secret'
const oldSecret = 'old-secret-old-secret-old-secret-old-secret'

describe('which key is used', () => {
  test('the first writes, and each reads', () => {
    const ring = ringOf([
      { id: 'new', secret: newSecret },
      { id: 'old', secret: oldSecret },
    ])
    expect(ring.current.id).toBe('new')
    expect(ring.find('new')).toBe(ring.current)
    expect(ring.find('old')?.id).toBe('old')
  })

  test('a revoked key neither writes nor reads', () => {
    const ring = ringOf([
      { id: 'new', secret: newSecret, revoked: true },
      { id: 'old', secret: oldSecret },
    ])
    expect(ring.current.id).toBe('old')
    expect(ring.find('new')).toBeUndefined()
  })

  test('a key is used up to its last instant, and not after it', () => {
    const clock = fakeClock()
    const notAfter = clock.now() + 1000
    const ring = KeyRing.of(
      [
        { id: 'new', secret: newSecret, notAfter },
        { id: 'old', secret: oldSecret },
      ],
      clock,
    )
    clock.advance(1000)
    expect(ring.current.id).toBe('new')
    expect(ring.find('new')).toBeDefined()
    clock.advance(1)
    expect(ring.current.id).toBe('old')
    expect(ring.find('new')).toBeUndefined()
  })

  test('a date means the same as its milliseconds, and changing it later has no effect', () => {
    const clock = fakeClock()
    const notAfter = new Date(clock.now() + 1000)
    const ring = KeyRing.of([{ id: 'a', secret: newSecret, notAfter }], clock)
    notAfter.setTime(0)
    expect(ring.describe()).toEqual([{ id: 'a', notAfter: clock.now() + 1000, state: 'writes' }])
    expect(ring.find('a')).toBeDefined()
  })

  test('when every key has expired none is found, and writing throws', () => {
    const clock = fakeClock()
    const ring = KeyRing.of([{ id: 'a', secret: newSecret, notAfter: clock.now() }], clock)
    clock.advance(1)
    expect(ring.findCurrent()).toBeUndefined()
    expect(ring.find('a')).toBeUndefined()
    expect(() => ring.current).toThrow(
      'Expected one of `keys` to be usable, but each is revoked or past its `notAfter`. Put a new key in front.',
    )
  })

  test.each(['', 'c', 'A', 'toString', '__proto__', 'a\0', 'a '])('an unknown id, %j, finds no key', id => {
    expect(ringOf([{ id: 'a', secret: newSecret }]).find(id)).toBeUndefined()
  })

  test('changing the options afterwards has no effect', () => {
    const bytes = randomBytes(32)
    const key = { id: 'a', secret: bytes }
    const keys: KeyOptions[] = [key]
    const ring = ringOf(keys)
    const expected = hkdf(Buffer.from(bytes), 'sojourn/v1/enc')
    keys.length = 0
    key.id = 'b'
    bytes.fill(0)
    expect(ring.current.id).toBe('a')
    expect(ring.current.derive('enc')).toEqual(expected)
  })
})

describe('derived keys', () => {
  const secrets: [string, Secret, Buffer][] = [
    ['text', newSecret, Buffer.from(newSecret)],
    ['text beyond ASCII', 'é'.repeat(16), Buffer.from('é'.repeat(16))],
    ['bytes', new Uint8Array(randomBytes(64)).fill(7).subarray(8, 40), Buffer.alloc(32, 7)],
    ['a key object', createSecretKey(Buffer.alloc(48, 9)), Buffer.alloc(48, 9)],
  ]

  test.each(secrets)('the key for a purpose comes from HKDF, for %s', (_kind, secret, bytes) => {
    const { current } = ringOf([{ id: 'a', secret }])
    for (const purpose of ['enc', 'mac/connect.sid', 'index', ''])
      expect(current.derive(purpose)).toEqual(hkdf(bytes, `sojourn/v1/${purpose}`))
  })

  test('the key for a purpose is derived once, and another purpose has another key', () => {
    const { current } = ringOf([{ id: 'a', secret: newSecret }])
    expect(current.derive('enc')).toBe(current.derive('enc'))
    expect(current.derive('enc')).not.toEqual(current.derive('mac'))
  })

  test('ten thousand purposes do not stay in memory, and each has the right key', () => {
    const { current } = ringOf([{ id: 'a', secret: newSecret }])
    const first = current.derive('0')
    for (let index = 1; index < 10_000; index += 1) current.derive(String(index))
    expect(current.derive('0')).not.toBe(first)
    expect(current.derive('0')).toEqual(first)
  })
})

describe('keys from plain secrets', () => {
  test('each has an id that depends only on the secret, and shows nothing of it', () => {
    const [first, second] = KeyRing.ofSecrets([newSecret, 'cat'], fakeClock()).describe()
    expect(first).toEqual({ id: fingerprint(newSecret), notAfter: undefined, state: 'writes' })
    expect(second).toEqual({ id: fingerprint('cat'), notAfter: undefined, state: 'reads' })
    expect(first?.id).toMatch(/^[A-Za-z0-9_-]{12}$/)
  })

  test('the same secret under its fingerprint in `keys` is the same key', () => {
    const plain = KeyRing.ofSecrets([newSecret], fakeClock()).current
    const named = ringOf([{ id: plain.id, secret: newSecret }]).current
    expect(named.derive('enc')).toEqual(plain.derive('enc'))
  })

  test('an array that changes in place takes effect at once, and a secret that stays keeps its key', () => {
    const secrets: Secret[] = ['old']
    const ring = KeyRing.ofSecrets(secrets, fakeClock())
    const old = ring.current
    secrets.unshift('new')
    expect(ring.current.id).toBe(fingerprint('new'))
    expect(ring.find(old.id)).toBe(old)
    secrets.pop()
    expect(ring.find(old.id)).toBeUndefined()
    secrets[0] = 'newest'
    expect(ring.current.id).toBe(fingerprint('newest'))
    expect(ring.find(fingerprint('new'))).toBeUndefined()
  })

  test('a secret that is listed twice is one key', () => {
    expect(KeyRing.ofSecrets(['a', 'b', 'a'], fakeClock()).describe()).toHaveLength(2)
  })

  test('an empty list finds no key, and writing throws', () => {
    const ring = KeyRing.ofSecrets([], fakeClock())
    expect(ring.findCurrent()).toBeUndefined()
    expect(ring.find('')).toBeUndefined()
    expect(() => ring.current).toThrow('Expected one secret or more to sign with, got an empty array.')
  })
})

describe('the description of a key', () => {
  test('has its id, its last instant and its state, and nothing else', () => {
    const clock = fakeClock()
    const past = clock.now() - 1
    const keys: KeyOptions[] = [
      { id: 'revoked', secret: randomBytes(32), revoked: true },
      { id: 'expired', secret: randomBytes(32), notAfter: past },
      { id: 'both', secret: randomBytes(32), notAfter: past, revoked: true },
      { id: 'writes', secret: randomBytes(32) },
      { id: 'reads', secret: randomBytes(32), revoked: false, notAfter: undefined },
    ]
    expect(KeyRing.of(keys, clock).describe()).toEqual([
      { id: 'revoked', notAfter: undefined, state: 'revoked' },
      { id: 'expired', notAfter: past, state: 'expired' },
      { id: 'both', notAfter: past, state: 'revoked' },
      { id: 'writes', notAfter: undefined, state: 'writes' },
      { id: 'reads', notAfter: undefined, state: 'reads' },
    ])
  })

  test('neither the ring nor a key shows the secret or a derived key when it is printed', () => {
    const keys = [{ id: 'a', secret: newSecret }]
    const plain = KeyRing.ofSecrets([newSecret], fakeClock())
    for (const ring of [ringOf(keys), plain]) {
      const derived = ring.current.derive('enc')
      for (const thing of [ring, ring.current, ring.describe()]) {
        const shown = inspect(thing, { depth: 20, showHidden: true }) + JSON.stringify(thing)
        for (const hidden of [
          newSecret,
          derived.toString('hex', 0, 4),
          derived.toJSON().data.slice(0, 4).join(','),
        ])
          expect(shown).not.toContain(hidden)
        expect(shown).not.toContain('Buffer')
      }
    }
  })
})

describe('keys that are refused', () => {
  const good = { id: 'a', secret: newSecret }
  const privateKey = generateKeyPairSync('ed25519').privateKey
  const oneOrMore = 'Expected `keys` to be an array of one or more keys such as { id, secret }, got '

  test.each<[string, unknown, string]>([
    ['none', undefined, `${oneOrMore}undefined.`],
    ['a secret', newSecret, `${oneOrMore}a string of 43 characters.`],
    ['an object', good, `${oneOrMore}an object.`],
    ['an empty array', [], `${oneOrMore}an empty array.`],
    [
      'a secret in an array',
      [newSecret],
      'Expected `keys[0]` to be an object such as { id, secret }, got a string of 43 characters.',
    ],
    [
      'a hole',
      Object.assign([good], { 2: good }),
      'Expected `keys[1]` to be an object such as { id, secret }, got undefined.',
    ],
    ['null', [good, null], 'Expected `keys[1]` to be an object such as { id, secret }, got null.'],
    [
      'an array in an array',
      [[]],
      'Expected `keys[0]` to be an object such as { id, secret }, got an empty array.',
    ],
    [
      'an unknown name',
      [{ ...good, expires: 1 }],
      'Expected only names that a key has, got `keys[0].expires`. There are: id, secret, notAfter, revoked.',
    ],
    [
      'no id',
      [{ secret: newSecret }],
      'Expected `keys[0].id` to be 1 to 32 letters, digits, - and _, got undefined.',
    ],
    [
      'a number as id',
      [{ ...good, id: 1 }],
      'Expected `keys[0].id` to be 1 to 32 letters, digits, - and _, got a number.',
    ],
    [
      'a secret as id',
      [{ ...good, id: newSecret }],
      'Expected `keys[0].id` to be 1 to 32 letters, digits, - and _, got a string of 43 characters.',
    ],
    [
      'one id twice',
      [good, { id: 'b', secret: oldSecret }, { id: 'a', secret: randomBytes(32) }],
      "Expected `keys[2].id` to differ from every other key's, got the same as `keys[0].id`.",
    ],
    [
      'one secret twice',
      [good, { id: 'b', secret: Buffer.from(newSecret) }],
      "Expected `keys[1].secret` to differ from every other key's, got the same as `keys[0].secret`.",
    ],
    [
      'no secret',
      [{ id: 'a' }],
      "Expected `keys[0].secret` to be a string, bytes, or a KeyObject of type 'secret', got undefined.",
    ],
    [
      'a number as secret',
      [{ id: 'a', secret: 12345678 }],
      "Expected `keys[0].secret` to be a string, bytes, or a KeyObject of type 'secret', got a number.",
    ],
    [
      'a private key',
      [{ id: 'a', secret: privateKey }],
      "Expected `keys[0].secret` to be a string, bytes, or a KeyObject of type 'secret', got a KeyObject of type 'private'.",
    ],
    [
      'an invalid date',
      [{ ...good, notAfter: new Date('tomorrow') }],
      'Expected `keys[0].notAfter` to be a valid date or milliseconds since the epoch, got an invalid date.',
    ],
    [
      'a date as text',
      [{ ...good, notAfter: '2030-01-01' }],
      'Expected `keys[0].notAfter` to be a valid date or milliseconds since the epoch, got a string of 10 characters.',
    ],
    [
      'no number',
      [{ ...good, notAfter: Number.NaN }],
      'Expected `keys[0].notAfter` to be a valid date or milliseconds since the epoch, got NaN.',
    ],
    [
      'an infinite time',
      [{ ...good, notAfter: Infinity }],
      'Expected `keys[0].notAfter` to be a valid date or milliseconds since the epoch, got a number.',
    ],
    [
      'null as a time',
      [{ ...good, notAfter: null }],
      'Expected `keys[0].notAfter` to be a valid date or milliseconds since the epoch, got null.',
    ],
    [
      'text for revoked',
      [{ ...good, revoked: 'no' }],
      'Expected `keys[0].revoked` to be true or false, got a string of 2 characters.',
    ],
    [
      'nothing but revoked keys',
      [{ ...good, revoked: true }],
      'Expected one of `keys` to be usable, but each is revoked or past its `notAfter`. Put a new key in front.',
    ],
    [
      'nothing but expired keys',
      [{ ...good, notAfter: 0 }],
      'Expected one of `keys` to be usable, but each is revoked or past its `notAfter`. Put a new key in front.',
    ],
  ])('%s, with a message that says where', (_kind, keys, message) => {
    // A caller without types may pass anything.
    expect(() => KeyRing.of(keys as readonly KeyOptions[], fakeClock())).toThrow(
      expect.objectContaining({ name: 'SojournError', code: 'OPTION_INVALID', message }),
    )
  })

  test.each(['', '.', 'a.b', 'a:b', 'a b', 'é', 'a\n', 'a\0', 'x'.repeat(33), '2030/01'])('the id %j', id => {
    expect(() => ringOf([{ id, secret: newSecret }])).toThrow('Expected `keys[0].id` to be')
  })

  test.each(['a', '2030-01', '_', '-', 'x'.repeat(32)])('but not the id %j', id => {
    expect(ringOf([{ id, secret: newSecret }]).current.id).toBe(id)
  })

  test.each<[string, Secret, number]>([
    ['no characters', '', 0],
    ['a phrase', 'keyboard cat', 12],
    ['31 characters', 'x'.repeat(31), 31],
    ['31 bytes', randomBytes(31), 31],
    ['a key object of 16 bytes', createSecretKey(randomBytes(16)), 16],
  ])('a secret of %s, with a way to make a good one', (_kind, secret, length) => {
    expect(isShortSecret(secret)).toBe(true)
    expect(() =>
      ringOf([
        { id: 'a', secret: newSecret },
        { id: 'b', secret },
      ]),
    ).toThrow(
      `Expected \`keys[1].secret\` to have 32 bytes or more, got ${length}. Make one with: ` +
        `node -e "console.log(require('node:crypto').randomBytes(32).toString('base64url'))"`,
    )
  })

  test.each<[string, Secret]>([
    ['32 characters', 'x'.repeat(32)],
    ['16 characters of two bytes each', 'é'.repeat(16)],
    ['32 bytes', randomBytes(32)],
    ['a key object of 32 bytes', createSecretKey(randomBytes(32))],
  ])('but not a secret of %s', (_kind, secret) => {
    expect(isShortSecret(secret)).toBe(false)
    expect(ringOf([{ id: 'a', secret }]).current.id).toBe('a')
  })
})

function ringOf(keys: readonly KeyOptions[]): KeyRing {
  return KeyRing.of(keys, fakeClock())
}

function hkdf(secret: Buffer, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', info, 32))
}

function fingerprint(secret: string): string {
  return hkdf(Buffer.from(secret), 'sojourn/v1/key-id').subarray(0, 9).toString('base64url')
}
