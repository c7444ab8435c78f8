import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { describeValue, errorCodes, isError, SojournError } from '../../../src/core/report/errors.ts'

describe('an error', () => {
  test('is an Error with its name, its code and its cause', () => {
    const cause = new Error('connection refused')
    const error = new SojournError('STORE_FAILED', 'The store failed.', { cause })
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({
      name: 'SojournError',
      code: 'STORE_FAILED',
      message: 'The store failed.',
      cause,
    })
    expect(String(error)).toBe('SojournError: The store failed.')
  })

  test('has the HTTP status that fits its cause', () => {
    const statuses = errorCodes.map(code => [code, new SojournError(code, '').status] as const)
    expect(Object.fromEntries(statuses.filter(([, status]) => status !== undefined))).toEqual({
      STORE_FAILED: 503,
      STORE_TIMED_OUT: 503,
      SESSION_GONE: 409,
      SESSION_LIMIT: 403,
      SIGN_IN_REQUIRED: 401,
      CONFLICT_UNRESOLVED: 409,
      LOCK_BUSY: 429,
      LOCK_LOST: 409,
      CROSS_SITE: 403,
    })
  })

  test('has a unique code', () => {
    expect(new Set(errorCodes).size).toBe(errorCodes.length)
  })
})

describe('describing a value', () => {
  test.each([
    ['20 mins', "'20 mins'"],
    [12, '12'],
    [Number.NaN, 'NaN'],
    [10n, '10'],
    [true, 'true'],
    [undefined, 'undefined'],
    [null, 'null'],
    [Symbol('a'), 'Symbol(a)'],
    [[], 'an empty array'],
    [[1], 'an array'],
    [{}, 'an object (Object)'],
    [new Map(), 'an object (Map)'],
    [Object.create(null), 'an object (no prototype)'],
    [() => undefined, 'a function'],
    [class Store {}, 'a function'],
  ])('%o', (value, description) => {
    expect(describeValue(value)).toBe(description)
  })

  test('does not show the contents of an object', () => {
    expect(describeValue({ password: 'hunter2' })).not.toContain('hunter2')
    expect(describeValue(['hunter2'])).not.toContain('hunter2')
  })
})

test.each(['Error', 'TypeError'])('an error of another realm is an error, like Node’s in Jest: %s', name => {
  const foreign: unknown = runInNewContext(`new ${name}('elsewhere')`)
  expect(foreign instanceof Error).toBe(false)
  expect([isError(foreign), isError(new SojournError('STORE_FAILED', 'here'))]).toEqual([true, true])
})

test.each([undefined, null, 'text', { name: 'Error', message: 'looks like one' }])(
  '%o is no error',
  value => {
    expect(isError(value)).toBe(false)
  },
)
