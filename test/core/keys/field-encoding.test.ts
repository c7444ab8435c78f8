import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeFields, type Field } from '../../../src/core/keys/field-encoding.ts'

test('the format is fixed: a kind for each field, a length for each text', () => {
  const encoded = encodeFields(['v2', 3.5, undefined, 'é', ''])
  expect(encoded.toString('hex')).toBe(
    ['01000000027632', '02400c000000000000', '00', '0100000002c3a9', '0100000000'].join(''),
  )
  expect(encodeFields([])).toHaveLength(0)
})

test('similar fields have different encodings', () => {
  const lists: Field[][] = [
    [],
    [''],
    [undefined],
    ['', ''],
    ['', undefined],
    [undefined, ''],
    ['ab'],
    ['a', 'b'],
    ['b', 'a'],
    ['a,b'],
    ['a\0b'],
    [1],
    ['1'],
    [0],
    [-0],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [2 ** 53],
    [2 ** 53 - 1],
    ['undefined'],
    ['\u0001\0\0\0\u0001a'],
    ['é'],
    ['e\u0301'],
  ]
  const encoded = lists.map(list => encodeFields(list).toString('hex'))
  expect(new Set(encoded).size).toBe(lists.length)
})

test('no two lists of fields have the same encoding', () => {
  const fields = fc.array(
    fc.option(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 4 }),
        fc.double({ noNaN: true }),
        fc.integer({ max: 3 }),
      ),
      {
        nil: undefined,
      },
    ),
    { maxLength: 4 },
  )
  void fc.assert(
    fc.property(fields, fields, (one, other) => {
      const isSame =
        one.length === other.length && one.every((field, index) => Object.is(field, other[index]))
      expect(encodeFields(one).equals(encodeFields(other))).toBe(isSame)
    }),
  )
})
