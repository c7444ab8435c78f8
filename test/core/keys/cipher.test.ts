import { createCipheriv, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { decrypt, encrypt } from '../../../src/core/keys/cipher.ts'

const setting = { key: randomBytes(32), nonce: randomBytes(12), fields: Buffer.from('fields') }
const text = '{"name":"žluťoučký kůň 🐎"}'
const encrypted = encrypt(text, setting)

test('the output is that of Node’s AES-256-GCM, followed by the full tag', () => {
  const cipher = createCipheriv('aes-256-gcm', setting.key, setting.nonce)
  cipher.setAAD(setting.fields)
  const ciphertext = Buffer.concat([cipher.update(text), cipher.final()])
  expect(encrypted).toEqual(Buffer.concat([ciphertext, cipher.getAuthTag()]))
  expect(cipher.getAuthTag()).toHaveLength(16)
  expect(decrypt(encrypted, setting)).toBe(text)
})

describe('bytes that do not authenticate are refused without an exception', () => {
  const ciphertext = encrypted.subarray(0, -16)
  const tag = encrypted.subarray(-16)

  test.each([0, 1, 4, 8, 12, 13, 14, 15])('the right tag, shortened to %i bytes', length => {
    expect(decrypt(Buffer.concat([ciphertext, tag.subarray(0, length)]), setting)).toBeUndefined()
    expect(decrypt(tag.subarray(0, length), setting)).toBeUndefined()
  })

  test('the right tag with more behind it', () => {
    expect(decrypt(Buffer.concat([encrypted, Buffer.alloc(1)]), setting)).toBeUndefined()
  })

  test('another tag, text, key, nonce or field', () => {
    expect(decrypt(Buffer.concat([ciphertext, randomBytes(16)]), setting)).toBeUndefined()
    expect(decrypt(encrypted.subarray(1), setting)).toBeUndefined()
    expect(decrypt(tag, setting)).toBeUndefined()
    expect(decrypt(encrypted, { ...setting, key: randomBytes(32) })).toBeUndefined()
    expect(decrypt(encrypted, { ...setting, nonce: randomBytes(12) })).toBeUndefined()
    expect(decrypt(encrypted, { ...setting, nonce: setting.nonce.subarray(1) })).toBeUndefined()
    expect(decrypt(encrypted, { ...setting, fields: Buffer.alloc(0) })).toBeUndefined()
  })
})
