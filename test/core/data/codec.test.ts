import { describe, expect, test } from 'vitest'
import { type Codec, isReserved } from '../../../src/core/data/codec.ts'
import { jsonCodec, strictJsonCodec } from '../../../src/core/data/json-codec.ts'
import { structuredCodec } from '../../../src/core/data/structured-codec.ts'
import { lossIn } from '../../../src/core/data/value-check.ts'

const codecs: readonly (readonly [string, Codec])[] = [
  ['JSON', jsonCodec],
  ['strict JSON', strictJsonCodec],
  ['structured', structuredCodec],
]

describe.each(codecs)('the %s codec', (_name, codec) => {
  test('a session’s own lifetime is stored with the values, and no lifetime without one', () => {
    expect(codec.decode(codec.encode({ values: { a: 1 } }))).toEqual({ values: { a: 1 } })
    for (const originalMaxAge of [5000, 0, null]) {
      const contents = { values: { a: 1 }, originalMaxAge }
      expect(codec.decode(codec.encode(contents))).toEqual(contents)
    }
  })

  test('a lifetime that is no number counts as none', () => {
    for (const originalMaxAge of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const read = codec.decode(codec.encode({ values: {}, originalMaxAge }))
      expect(read).toEqual({ values: {}, originalMaxAge: null })
    }
  })

  test('names with a meaning for promises and encoders are data like any other', () => {
    const values = { then: 'later', toJSON: 'x', length: 3, data: {}, '': 1 }
    expect(codec.decode(codec.encode({ values }))).toEqual({ values })
  })

  test('a name that is a symbol is not stored', () => {
    const values = { a: 1, [Symbol('mine')]: () => 1 }
    for (const contents of [{ values }, { values, originalMaxAge: 5 }]) {
      expect(codec.decode(codec.encode(contents)).values).toEqual({ a: 1 })
    }
  })

  test('encoding does not change the values', () => {
    const list = [1, { b: 2 }]
    const values = Object.freeze({ a: list })
    codec.encode({ values, originalMaxAge: 5 })
    expect(values).toEqual({ a: [1, { b: 2 }] })
    expect(values.a).toBe(list)
  })

  test('a value that the codec holds gives no warning at its assignment', () => {
    for (const value of ['text', 1, true, null, undefined]) {
      expect(lossIn('a', value, codec.whole)).toBeUndefined()
    }
  })
})

describe('a name that is never data', () => {
  test.each([
    ...['cookie', 'id', 'req', 'touch', 'resetMaxAge', 'save', 'reload', 'destroy', 'regenerate'],
    ...['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'valueOf', '__defineGetter__'],
  ])('%s', name => {
    expect(isReserved(name)).toBe(true)
    for (const text of [`{"a":1,"${name}":{"isAdmin":true},"b":2}`]) {
      expect(Object.keys(jsonCodec.decode(text).values)).toEqual(['a', 'b'])
    }
    const { values } = structuredCodec.decode(`[{"a":1,"${name}":2,"b":1},1,{"isAdmin":3},true]`)
    expect(Object.keys(values)).toEqual(['a', 'b'])
    expect(Object.getPrototypeOf(values)).toBe(Object.prototype)
  })

  test.each(['user', 'then', 'toJSON', 'length', '', 'Cookie', Symbol('id')])('%o is not one', name => {
    expect(isReserved(name)).toBe(false)
  })
})
