import { describe, expect, test } from 'vitest'
import { checkId, IdMint } from '../../../src/core/ids/id-mint.ts'

describe('minting ids', () => {
  test('a hundred thousand ids are all different, and each is 32 characters of base64url', () => {
    const mint = new IdMint()
    const ids = new Set(Array.from({ length: 100_000 }, () => mint.mint()))
    expect(ids.size).toBe(100_000)
    for (const id of ids) expect(id).toMatch(/^[\w-]{32}$/)
  })

  test('every character of the alphabet is about equally frequent at every position', () => {
    const mint = new IdMint()
    const counts = new Map<string, number>()
    for (let round = 0; round < 20_000; round += 1) {
      for (const letter of mint.mint()) counts.set(letter, (counts.get(letter) ?? 0) + 1)
    }
    expect(counts.size).toBe(64)
    // 10,000 of each are expected, with a standard deviation of 99. The limit is ten deviations.
    for (const count of counts.values()) expect(Math.abs(count - 10_000)).toBeLessThan(1000)
  })

  test('an id is exactly the output of the random source, 24 bytes at a time', () => {
    const given: Buffer[] = []
    const mint = new IdMint(bytes => {
      for (let index = 0; index < bytes.length; index += 1) bytes[index] = (index * 7 + given.length) % 256
      given.push(Buffer.from(bytes))
    })
    const ids = Array.from({ length: 600 }, () => mint.mint())
    const expected = Buffer.concat(given)
      .subarray(0, 600 * 24)
      .toString('base64url')
    expect(ids.join('')).toBe(expected)
  })

  test('no id is made when the random source fails', () => {
    const mint = new IdMint(() => {
      throw new Error('no entropy')
    })
    expect(() => mint.mint()).toThrow('no entropy')
    expect(() => mint.mint()).toThrow('no entropy')
  })

  test('no id is repeated when the random source fails later', () => {
    let refills = 0
    const mint = new IdMint(bytes => {
      refills += 1
      if (refills === 2) throw new Error('no entropy')
      bytes.fill(refills)
    })
    const first = Array.from({ length: 256 }, () => mint.mint())
    expect(() => mint.mint()).toThrow('no entropy')
    expect(first).not.toContain(mint.mint())
  })
})

describe("checking an application's own ids", () => {
  test.each(['a', 'apple', '%', '/foo', '한글', 'x'.repeat(256)])('%j is accepted as it is', id => {
    expect(checkId(id)).toBe(id)
  })

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['empty text', ''],
    ['a number', 12],
    ['an object', { id: 'a' }],
    ['an array', ['a']],
    ['a promise', Promise.resolve('a')],
    ['more than 256 characters', 'x'.repeat(257)],
    ['half of a character, which no cookie can hold', '\ud800'],
  ])('%s is refused', (_kind, id) => {
    expect(() => checkId(id)).toThrow(expect.objectContaining({ code: 'ID_INVALID' }))
  })

  test('the message does not contain the refused value, because it may be an id', () => {
    const tooLong = 'secret-'.repeat(50)
    expect(() => checkId(tooLong)).toThrow(/350 characters/)
    expect(() => checkId(tooLong)).not.toThrow(/secret-/)
  })
})
