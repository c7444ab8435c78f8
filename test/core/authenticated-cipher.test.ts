import { createCipheriv, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { decrypt, encrypt } from '../../src/core/authenticated-cipher.ts'

const setting = { key: randomBytes(32), nonce: randomBytes(12), fields: Buffer.from('fields') }
const text = '{"name":"žluťoučký kůň 🐎"}'
const encrypted = encrypt(text, setting)

test('what is encrypted is what AES-256-GCM of Node makes, with the full tag', () => {
  const cipher = createCipheriv('aes-256-gcm', setting.key, setting.nonce)
  cipher.setAAD(setting.fields)
  expect(encrypted.ciphertext).toEqual(Buffer.concat([cipher.update(text), cipher.final()]))
  expect(encrypted.tag).toEqual(cipher.getAuthTag())
  expect(decrypt(encrypted, setting)).toBe(text)
})

describe('what does not authenticate is refused without an exception', () => {
  test.each([0, 1, 4, 8, 12, 13, 14, 15])('the right tag, shortened to %i bytes', length => {
    expect(decrypt({ ...encrypted, tag: encrypted.tag.subarray(0, length) }, setting)).toBeUndefined()
  })

  test('the right tag with more behind it', () => {
    const tag = Buffer.concat([encrypted.tag, Buffer.alloc(1)])
    expect(decrypt({ ...encrypted, tag }, setting)).toBeUndefined()
  })

  test('another tag, text, key, nonce or field', () => {
    const other = { tag: randomBytes(16), ciphertext: encrypted.ciphertext.subarray(1) }
    expect(decrypt({ ...encrypted, tag: other.tag }, setting)).toBeUndefined()
    expect(decrypt({ ...encrypted, ciphertext: other.ciphertext }, setting)).toBeUndefined()
    expect(decrypt({ ...encrypted, ciphertext: Buffer.alloc(0) }, setting)).toBeUndefined()
    expect(decrypt(encrypted, { ...setting, key: randomBytes(32) })).toBeUndefined()
    expect(decrypt(encrypted, { ...setting, nonce: randomBytes(12) })).toBeUndefined()
    expect(decrypt(encrypted, { ...setting, nonce: setting.nonce.subarray(1) })).toBeUndefined()
    expect(decrypt(encrypted, { ...setting, fields: Buffer.alloc(0) })).toBeUndefined()
  })
})
