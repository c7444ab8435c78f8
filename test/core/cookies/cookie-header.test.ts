import { describe, expect, test } from 'vitest'
import { decodeCookieValue, findCookies } from '../../../src/core/cookies/cookie-header.ts'

const name = '__Host-sid'

describe('finding cookies', () => {
  test.each([
    ['the only one', 'sid=a', ['a']],
    ['one among others', 'one=1; sid=a; two=2', ['a']],
    ['one without a space after the semicolon', 'one=1;sid=a;two=2', ['a']],
    ['one between spaces and tabs', 'one=1 ;\t sid= \ta\t ; two=2', ['a']],
    ['one with an equals sign in its value', 'sid=a=b==', ['a=b==']],
    ['one with quotes, which are part of it', 'sid="a"', ['"a"']],
    ['one that is empty', 'sid=; other=1', ['']],
    ['two, in their order', 'sid=a; other=1; sid=b', ['a', 'b']],
    ['two in the other order', 'sid=b; other=1; sid=a', ['b', 'a']],
    ['three', 'sid=a; sid=b; sid=c', ['a', 'b', 'c']],
    ['one whose value is left as it came', 'sid=s%3Aa%', ['s%3Aa%']],
    ['one after an empty pair', ';; ;sid=a', ['a']],
  ])('it finds %s', (_kind, header, values) => {
    expect(findCookies(header, 'sid')).toEqual(values)
  })

  test.each([
    ['a name that ends like it', 'xsid=a'],
    ['a name that begins like it', 'sidx=a; sid.x=b'],
    ['a name in other letters', 'SID=a; Sid=b'],
    ['a name without a value', 'sid'],
    ['a name without a value among others', 'a=1; sid; b=2'],
    ['a cookie without a name', '=sid=evil'],
    ['a name inside of a value', 'other=sid=evil'],
    ['a name inside of a value after a space', 'other=x sid=evil'],
    ['a name in quotes', '"sid"=evil'],
    ['nothing at all', ''],
  ])('it does not take %s for the cookie', (_kind, header) => {
    expect(findCookies(header, 'sid')).toEqual([])
  })

  test('a quote neither hides the pairs that follow nor makes them part of a value', () => {
    expect(findCookies('$Version=1; sid="a; x=b"; other=1', 'sid')).toEqual(['"a'])
    expect(findCookies('first="x; sid=a; last=y"', 'sid')).toEqual(['a'])
  })

  // A browser takes these bytes as part of the name, so the cookie does not have the prefix.
  test.each([
    ['a no-break space', '\xa0'],
    ['a next-line character', '\x85'],
    ['U+2000 as its bytes', '\xe2\x80\x80'],
    ['U+2000 as one character', '\u2000'],
    ['a byte order mark as its bytes', '\xef\xbb\xbf'],
    ['a byte order mark as one character', '\ufeff'],
    ['a vertical tab', '\v'],
    ['a form feed', '\f'],
    ['a carriage return', '\r'],
    ['a line feed', '\n'],
    ['a zero byte', '\0'],
  ])('%s next to the name makes another name', (_kind, blank) => {
    expect(findCookies(`${blank}${name}=evil`, name)).toEqual([])
    expect(findCookies(`a=1; ${blank}${name}=evil`, name)).toEqual([])
    expect(findCookies(`${name}${blank}=evil`, name)).toEqual([])
  })

  test.each(['\xa0', '\x85', '\v', '\f', '\ufeff'])('white space %j stays part of a value', blank => {
    expect(findCookies(`sid=${blank}a${blank}`, 'sid')).toEqual([`${blank}a${blank}`])
  })

  test('names of properties of every object are names like any other', () => {
    const header = '__proto__=x; constructor=y; hasOwnProperty=z; toString=1; sid=a'
    expect(findCookies(header, 'sid')).toEqual(['a'])
    expect(findCookies(header, 'constructor')).toEqual(['y'])
    expect(findCookies('a=1', 'toString')).toEqual([])
  })

  test('a name is not treated as a pattern', () => {
    expect(findCookies('connectXsid=evil', 'connect.sid')).toEqual([])
    expect(findCookies('a+b=1', 'a+b')).toEqual(['1'])
  })

  test('only as many cookies of one name are read as a browser would send', () => {
    const found = findCookies('sid=a; '.repeat(5000), 'sid')
    expect(found.length).toBeGreaterThan(1)
    expect(found.length).toBeLessThanOrEqual(16)
  })
})

describe('headers built to be slow', () => {
  const size = 16 * 1024
  test.each([
    ['semicolons', ';'.repeat(size)],
    ['spaces', ' '.repeat(size)],
    ['tabs and semicolons', '\t;'.repeat(size / 2)],
    ['equals signs', '='.repeat(size)],
    ['pairs of one letter', 'a=1;'.repeat(size / 4)],
    ['the name, never at the beginning of a pair', 'sid='.repeat(size / 4)],
    ['the name after one long run of spaces', `a${' '.repeat(size)}sid=`],
    ['the name after many runs of spaces', `${'a'.padEnd(60)}sid=`.repeat(size / 64)],
    ['the cookie itself, thousands of times', 'sid=;'.repeat(size / 5)],
    ['the cookie amid spaces', `${' '.repeat(30)}sid=${' '.repeat(30)};`.repeat(size / 64)],
    ['one long value', `sid=${'a'.repeat(size)}`],
    ['one long value of spaces', `sid=${' '.repeat(size)}`],
    ['escapes', `sid=${'%'.repeat(size)}`],
  ])('16 KB of %s take less than 5 ms', (_kind, header) => {
    expect(fastestMs(() => findCookies(header, 'sid').map(decodeCookieValue))).toBeLessThan(5)
  })
})

describe('decoding a value', () => {
  test.each([
    ['s%3Aid.mac', 's:id.mac'],
    ['plain', 'plain'],
    ['%E2%82%AC', '€'],
    ['%2F%2b%3d', '/+='],
    ['a+b', 'a+b'],
    ['', ''],
  ])('%j becomes %j', (value, decoded) => {
    expect(decodeCookieValue(value)).toBe(decoded)
  })

  test.each(['%', '%2', '%zz', '%E0%A4%A', '%C0%AF', '%ED%A0%80', '%FF', 's%3Aid%', '%u0041'])(
    '%j is malformed, and does not throw',
    value => {
      expect(decodeCookieValue(value)).toBeUndefined()
    },
  )
})

/** The best of several runs: the time of the code, without that of other work on the machine. */
function fastestMs(work: () => unknown): number {
  const spans = Array.from({ length: 7 }, () => {
    const begunAt = performance.now()
    work()
    return performance.now() - begunAt
  })
  return Math.min(...spans)
}

describe('a header of a million characters', () => {
  const hostile: readonly string[] = [';', '=;', 'sid=;', ' sid= ', 'sid=%', ' \t', 'sid']

  // A scan with backtracking would exceed the time limit of any test.
  test.each(hostile)('is read in one scan (%j)', part => {
    const header = `${part.repeat(1_000_000)}; sid=last`
    expect(findCookies(header, 'sid').length).toBeLessThanOrEqual(16)
  })
})
