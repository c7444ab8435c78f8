import { describe, expect, test } from 'vitest'
import {
  checkKeep,
  checkRecentSignIn,
  checkSubject,
  hasRecentSignIn,
  type SignedIn,
} from '../../../src/core/session/sign-in-check.ts'

const minute = 60_000
const now = Date.UTC(2030, 0, 1)

describe('a subject', () => {
  test.each([
    ['ada', 'ada'],
    [' ', ' '],
    ['0', '0'],
    ['🐎', '🐎'],
    ['__proto__', '__proto__'],
    ['x'.repeat(1024), 'x'.repeat(1024)],
    [7, '7'],
    [0, '0'],
    [-0, '0'],
    [-1.5, '-1.5'],
    [1e21, '1e+21'],
  ])('%j becomes the text %j', (subject, text) => {
    expect(checkSubject(subject)).toBe(text)
  })

  test.each([
    ...[undefined, null, '', true, false, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    ...[7n, Symbol('ada'), () => 'ada', {}, [], ['ada'], new Date(0), new String('ada'), Buffer.from('ada')],
    ...[{ toString: () => 'ada' }, 'x'.repeat(1025), '\ud83d', 'ada\udc0e', '\udc0e\ud83d'],
  ])('%o is no subject', subject => {
    expect(() => checkSubject(subject)).toThrow(expect.objectContaining({ code: 'SUBJECT_INVALID' }))
  })

  test.each<unknown>([
    `ada@example.org${'x'.repeat(1024)}`,
    'ada@example.org\ud83d',
    { email: 'ada@example.org' },
    ['ada@example.org'],
    Symbol('ada@example.org'),
    new String('ada@example.org'),
    { toString: () => 'ada@example.org' },
    Object.assign(() => undefined, { email: 'ada@example.org' }),
    271_828_182_845n,
    { constructor: { name: 'ada@example.org' } },
    { constructor: { name: { toString: 1 } } },
  ])('%o is never shown in the message', subject => {
    const message = messageOf(() => checkSubject(subject))
    expect(message).toMatch(/^Expected the subject to be .*, got .*\. Use the id of the user\.$/)
    expect(message).not.toMatch(/ada@example|271828182845/)
  })

  test('the message for a string tells its length', () => {
    expect(messageOf(() => checkSubject('x'.repeat(1025)))).toContain('got one of 1025 characters')
    expect(messageOf(() => checkSubject(''))).toContain('got one of 0 characters')
  })
})

describe('the option `keep` of a sign-in', () => {
  test.each([{}, { keep: undefined }, { keep: [] }, { keep: ['cart', ''] }])('%j is accepted', options => {
    expect(checkKeep(options)).toBe(options)
  })

  test.each([null, 'cart', true, 1, {}, [1], ['cart', null], [['cart']], new Set(['cart'])])(
    '%o is no list of names',
    keep => {
      const check = () => checkKeep({ keep })
      expect(check).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
      expect(check).toThrow('`keep`')
    },
  )
})

describe('an unknown option of a sign-in', () => {
  test.each<[string, unknown, string]>([
    ['the list itself', ['cart'], 'got `0`. There are: keep.'],
    ['another name', { keeps: ['cart'] }, 'got `keeps`. Did you mean `keep`? There are: keep.'],
    ['a text', 'cart', "to be an object, got 'cart'"],
    ['a switch', true, 'to be an object, got true'],
    ['null', null, 'to be an object, got null'],
  ])('%s is refused, so that no data is lost silently', (_kind, options, message) => {
    const check = () => checkKeep(options as object)
    expect(check).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
    expect(check).toThrow(message)
  })
})

describe('a recent sign-in', () => {
  test('it is recent until the exact millisecond at which the span ends', () => {
    expect(hasRecentSignIn(signedIn(now), '10m')).toBe(true)
    expect(hasRecentSignIn(signedIn(now - 10 * minute + 1), '10m')).toBe(true)
    expect(hasRecentSignIn(signedIn(now - 10 * minute), '10m')).toBe(false)
    expect(() => checkRecentSignIn(signedIn(now - 10 * minute + 1), '10m')).not.toThrow()
    expect(() => checkRecentSignIn(signedIn(now - 10 * minute), '10m')).toThrow()
  })

  test('a span of zero accepts no sign-in', () => {
    expect(hasRecentSignIn(signedIn(now), 0)).toBe(false)
    expect(hasRecentSignIn(signedIn(now), 1)).toBe(true)
  })

  test('a sign-in on a machine whose clock is ahead is recent', () => {
    expect(hasRecentSignIn(signedIn(now + minute), '1s')).toBe(true)
  })

  test('a sign-in from further ahead is not recent, because its age is unknown', () => {
    for (const ahead of [minute + 1, 24 * 60 * minute, Number.POSITIVE_INFINITY, Number.NaN]) {
      expect(hasRecentSignIn(signedIn(now + ahead), '30d')).toBe(false)
      expect(messageOf(() => checkRecentSignIn(signedIn(now + ahead), '30d'))).toContain('in the future')
    }
  })

  test('half of a sign-in does not count', () => {
    expect(hasRecentSignIn({ ...signedIn(now), subject: undefined }, '10m')).toBe(false)
    expect(hasRecentSignIn({ ...signedIn(now), authenticatedAt: undefined }, '10m')).toBe(false)
  })

  test('the error has the status 401, and says what is missing without naming the subject', () => {
    const stranger = { ...signedIn(now), subject: undefined }
    expect(() => checkRecentSignIn(stranger, '10m')).toThrow(
      expect.objectContaining({ code: 'SIGN_IN_REQUIRED', status: 401 }),
    )
    expect(messageOf(() => checkRecentSignIn(stranger, '10m'))).toContain('nobody is signed in')
    const late = messageOf(() => checkRecentSignIn(signedIn(now - 11 * minute), '10m'))
    expect(late).toContain('the last sign-in is longer ago')
    expect(late).not.toContain('ada')
  })

  test.each(['10 mins', '', -1, Number.NaN, null, undefined, {}, true])(
    'a span of %j is an error, even when the sign-in is recent',
    within => {
      for (const session of [signedIn(now), { ...signedIn(now), subject: undefined }]) {
        const check = () => checkRecentSignIn(session, within as never)
        expect(check).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
        expect(check).toThrow('`within`')
      }
    },
  )
})

function signedIn(authenticatedAt: number): SignedIn {
  return { subject: 'ada', authenticatedAt, now: () => now }
}

function messageOf(check: () => unknown): string {
  try {
    check()
  } catch (error) {
    return String((error as Error).message)
  }
  return expect.unreachable()
}
