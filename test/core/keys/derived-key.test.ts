import { hkdfSync, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { deriveKey } from '../../../src/core/keys/derived-key.ts'

/** @see https://www.rfc-editor.org/rfc/rfc5869#appendix-A.3 */
test('a derived key matches the test vector without salt and info', () => {
  const derived = deriveKey(Buffer.alloc(22, 0x0b), new Uint8Array(), '')
  expect(derived.toString('hex')).toBe('8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d')
})

test('a thousand random derivations agree with the HKDF of Node', () => {
  for (let round = 0; round < 1000; round += 1) {
    const material = randomBytes(1 + (round % 100))
    const salt = randomBytes(round % 80)
    const info = randomBytes(round % 40).toString('base64url')
    expect(deriveKey(material, salt, info)).toEqual(Buffer.from(hkdfSync('sha256', material, salt, info, 32)))
  }
})

test('a text counts as its UTF-8 bytes', () => {
  const salt = randomBytes(32)
  const expected = Buffer.from(hkdfSync('sha256', Buffer.from('schlüssel 🔑'), salt, 'info', 32))
  expect(deriveKey('schlüssel 🔑', salt, 'info')).toEqual(expected)
})
