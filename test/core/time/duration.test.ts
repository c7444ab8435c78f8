import { describe, expect, test } from 'vitest'
import { isDuration, parseDuration } from '../../../src/core/time/duration.ts'

describe('a duration', () => {
  test.each([
    ['500ms', 500],
    ['1s', 1000],
    ['20m', 1_200_000],
    ['1h', 3_600_000],
    ['1.5h', 5_400_000],
    ['1.5 h', 5_400_000],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
    ['0s', 0],
    ['1.0004s', 1000],
    [0, 0],
    [1, 1],
    [1500.9, 1500],
    [86_400_000, 86_400_000],
  ])('%j is %d ms', (value, spanMs) => {
    expect(parseDuration('idle', value)).toBe(spanMs)
    expect(isDuration(value)).toBe(true)
  })

  test.each([
    '20 mins',
    '1 hour ',
    '1h ',
    ' 1h',
    '1H',
    '1  h',
    '1h30m',
    '-1h',
    '+1h',
    '1e3s',
    '.5h',
    '1.h',
    '1,5h',
    '1000',
    '',
    'h',
    '1y',
    '1month',
    'Infinity',
    '1\nh',
    '١h',
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    -1,
  ])('%j is no duration', value => {
    expect(isDuration(value)).toBe(false)
    expect(() => parseDuration('idle', value)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }))
  })

  test.each([undefined, null, true, {}, [], ['1h'], 10n, new Date(0), new String('1h')])(
    '%s is of the wrong kind',
    value => {
      expect(isDuration(value)).toBe(false)
      expect(() => parseDuration('idle', value as never)).toThrow(
        expect.objectContaining({ code: 'OPTION_INVALID' }),
      )
    },
  )

  test('the message names the option, the given value and the accepted ones', () => {
    expect(() => parseDuration('absolute', '20 mins')).toThrow(
      "Expected `absolute` to be a duration such as '20m' or a number of milliseconds, got '20 mins'.",
    )
  })

  test('a text of any length is refused at once', () => {
    for (const text of ['1'.repeat(100_000), `${'1'.repeat(100_000)}s`, `1.${'0'.repeat(100_000)}s`]) {
      expect(() => parseDuration('idle', text)).toThrow()
    }
  })
})
