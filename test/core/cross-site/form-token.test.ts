import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FormTokens } from '../../../src/core/cross-site/form-token.ts'

const key = Buffer.alloc(32, 1)
const newer = Buffer.alloc(32, 2)
const tokens = new FormTokens(() => [key])

describe('a token', () => {
  test('is right for its session, as often as it is sent', () => {
    const token = tokens.make('ada')
    expect(tokens.verify('ada', token)).toBe(true)
    expect(tokens.verify('ada', token)).toBe(true)
  })

  test('is 64 characters that need no encoding anywhere', () => {
    for (let count = 0; count < 50; count += 1) expect(tokens.make('ada')).toMatch(/^[A-Za-z0-9_-]{64}$/)
  })

  test('is a different one each time, in every part, and all of them are right', () => {
    const made = Array.from({ length: 20 }, () => tokens.make('ada'))
    expect(new Set(made.map(token => token.slice(0, 20))).size).toBe(20)
    expect(new Set(made.map(token => token.slice(-20))).size).toBe(20)
    expect(made.every(token => tokens.verify('ada', token))).toBe(true)
  })

  test('of one session is wrong for every other, including the one after a regenerate', () => {
    const token = tokens.make('ada')
    for (const handle of ['bob', 'Ada', 'ada ', 'ad', 'adaa', ''])
      expect(tokens.verify(handle, token)).toBe(false)
  })

  test('does not work for a session whose handle contains a part of it', () => {
    const handles = fc.tuple(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }))
    fc.assert(
      fc.property(handles, ([one, other]) => {
        fc.pre(Buffer.compare(Buffer.from(one), Buffer.from(other)) !== 0)
        expect(tokens.verify(other, tokens.make(one))).toBe(false)
      }),
    )
  })

  test('is never made without a session', () => {
    for (const handle of ['', undefined, null, 7])
      expect(() => tokens.make(handle as never)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })
})

describe('a changed token is wrong', () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const token = tokens.make('ada')

  test('wherever one bit differs', () => {
    for (let at = 0; at < token.length; at += 1) {
      for (const bit of [1, 32]) {
        const character = alphabet[alphabet.indexOf(token[at] ?? '') ^ bit]
        const changed = token.slice(0, at) + character + token.slice(at + 1)
        expect(tokens.verify('ada', changed), `${at}`).toBe(false)
      }
    }
  })

  test('however little of it is missing', () => {
    for (let length = 0; length < token.length; length += 1) {
      expect(tokens.verify('ada', token.slice(0, length))).toBe(false)
      expect(tokens.verify('ada', token.slice(token.length - length))).toBe(false)
    }
  })

  test('when another spelling of it decodes to the same', () => {
    const right = tokenOfBothAlphabets()
    expect(tokens.verify('ada', right)).toBe(true)
    const spellings = [
      Buffer.from(right, 'base64url').toString('base64'),
      Buffer.from(right, 'base64url').toString('hex'),
      Buffer.from(right, 'base64url').toString('latin1'),
      `${right}=`,
      `${right}==`,
      `${right}A`,
      ` ${right}`,
      `${right} `,
      `${right}\n`,
      `${right}\u0000`,
      `${right.slice(0, 32)}\n${right.slice(32)}`,
      `${right.slice(0, 32)}.${right.slice(32)}`,
      encodeURIComponent(`${right}=`),
      `"${right}"`,
      `${right}, ${right}`,
    ]
    for (const spelling of spellings) expect(tokens.verify('ada', spelling), spelling).toBe(false)
  })

  test.each([
    undefined,
    null,
    true,
    7,
    7n,
    Symbol('token'),
    {},
    [],
    [token],
    { toString: () => token },
    Object.assign(Object(token)),
    Buffer.from(token),
    '',
    '__proto__',
    '\ud800'.repeat(64),
    'A'.repeat(64),
    'A'.repeat(1_000_000),
  ])('when it is no token at all: %#', given => {
    expect(tokens.verify('ada', given)).toBe(false)
  })
})

describe('of several keys', () => {
  const ring: Buffer[] = [key]
  const rotating = new FormTokens(() => ring)

  test('only the newest makes tokens, and each verifies until it is removed', () => {
    const before = rotating.make('ada')
    ring.unshift(newer)
    const after = rotating.make('ada')
    expect(new FormTokens(() => [newer]).verify('ada', after)).toBe(true)
    expect(tokens.verify('ada', after)).toBe(false)
    expect([before, after].map(token => rotating.verify('ada', token))).toEqual([true, true])
    ring.pop()
    expect([before, after].map(token => rotating.verify('ada', token))).toEqual([false, true])
  })

  test('none is left: no token is right, and none can be made', () => {
    const token = tokens.make('ada')
    const empty = new FormTokens(() => [])
    expect(empty.verify('ada', token)).toBe(false)
    expect(() => empty.make('ada')).toThrow(expect.objectContaining({ code: 'SECRET_MISSING' }))
  })

  test('one that is not 32 bytes long throws at construction, and the error does not show it', () => {
    for (const wrong of [Buffer.alloc(31, 'k'), Buffer.alloc(33, 'k'), 'k'.repeat(32), undefined]) {
      const make = (): FormTokens => new FormTokens(() => [key, wrong as never])
      expect(make).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
      expect(make).not.toThrow(/kk/)
    }
  })
})

/** A token with a character that differs between the two alphabets of base64; six of seven tokens have one. */
function tokenOfBothAlphabets(): string {
  const made = Array.from({ length: 100 }, () => tokens.make('ada'))
  return made.find(token => /[-_]/.test(token)) ?? expect.unreachable()
}
