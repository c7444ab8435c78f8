import { describe, expect, test } from 'vitest'
import { isReserved, jsonCodec } from '../../src/core/json-codec.ts'

const reservedNames = [
  'cookie',
  'id',
  'req',
  'touch',
  'resetMaxAge',
  'save',
  'reload',
  'destroy',
  'regenerate',
]
const inheritedNames = [
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'toString',
  'valueOf',
  '__defineGetter__',
]

describe('encoding', () => {
  test('what JSON can hold comes back as it was', () => {
    const values = {
      text: 'ä🍏',
      number: -1.5,
      flag: false,
      none: null,
      list: [1, [2]],
      nested: { a: { b: '' } },
    }
    expect(jsonCodec.decode(jsonCodec.encode({ values }))).toEqual({ values })
  })

  test('names that promises and encoders know are data like any other', () => {
    const values = { then: 'later', toJSON: 'x', length: 3, data: {}, '': 1 }
    expect(jsonCodec.decode(jsonCodec.encode({ values }))).toEqual({ values })
  })

  test('a lifetime of its own is kept with the values, and none is kept without one', () => {
    expect(jsonCodec.encode({ values: { a: 1 } })).toBe('{"a":1}')
    expect(jsonCodec.encode({ values: { a: 1 }, originalMaxAge: 5000 })).toBe(
      '{"cookie":{"originalMaxAge":5000},"a":1}',
    )
    for (const originalMaxAge of [5000, 0, null]) {
      const contents = { values: { a: 1 }, originalMaxAge }
      expect(jsonCodec.decode(jsonCodec.encode(contents))).toEqual(contents)
    }
  })

  test.each([
    ['a BigInt', 10n],
    ['a cycle', cycle()],
    ['a BigInt deep inside', { list: [{ amount: 10n }] }],
    [
      'a value that fails to encode itself',
      {
        toJSON() {
          throw new Error('no')
        },
      },
    ],
  ])('%s is refused, and the key is named', (_kind, value) => {
    const encoding = (): string => jsonCodec.encode({ values: { first: 1, basket: value, last: 2 } })
    expect(encoding).toThrow(expect.objectContaining({ code: 'VALUE_UNSUPPORTED' }))
    expect(encoding).toThrow(/`session\.basket`/)
  })

  test('the message never holds the data', () => {
    const encoding = (): string => jsonCodec.encode({ values: { note: 'hunter2', amount: 10n } })
    expect(encoding).not.toThrow(/hunter2/)
  })
})

describe('decoding', () => {
  test.each(['', '{', 'null', '[]', '"text"', '1', 'true', 'undefined', '{"a":hunter2}', '\0', 'hunter2'])(
    '%j is no session, and never quoted',
    data => {
      expect(() => jsonCodec.decode(data)).toThrow(expect.objectContaining({ code: 'RECORD_CORRUPT' }))
      const { message, cause } = errorOf(() => jsonCodec.decode(data))
      expect(`${message} ${cause}`).not.toContain('hunter2')
    },
  )

  test.each([...reservedNames, ...inheritedNames])('a stored `%s` never becomes data', name => {
    const { values } = jsonCodec.decode(`{"a":1,${JSON.stringify(name)}:{"isAdmin":true},"b":2}`)
    expect(Object.keys(values)).toEqual(['a', 'b'])
    expect(Object.hasOwn(values, name)).toBe(false)
    expect(isReserved(name)).toBe(true)
  })

  test('stored data cannot give anything a prototype', () => {
    const { values } = jsonCodec.decode(
      '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}},"a":{"__proto__":{"isAdmin":true}}}',
    )
    expect(Reflect.get({}, 'isAdmin')).toBeUndefined()
    expect(Reflect.get(values, 'isAdmin')).toBeUndefined()
    expect(Reflect.get(Object(values.a), 'isAdmin')).toBeUndefined()
    expect(Object.getPrototypeOf(values)).toBe(Object.prototype)
  })

  test.each([
    ['{"cookie":{"originalMaxAge":5000}}', 5000],
    ['{"cookie":{"originalMaxAge":null}}', null],
    ['{"cookie":{}}', null],
    ['{"cookie":null}', null],
    ['{"cookie":"x"}', null],
    ['{"cookie":{"originalMaxAge":"5000"}}', null],
  ])('%s has the lifetime %s', (data, originalMaxAge) => {
    expect(jsonCodec.decode(data)).toEqual({ values: {}, originalMaxAge })
  })
})

function cycle(): object {
  const value: { self?: unknown } = {}
  value.self = value
  return value
}

function errorOf(work: () => unknown): Error {
  try {
    work()
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('Expected an error.')
}
