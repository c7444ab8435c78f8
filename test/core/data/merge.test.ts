import { describe, expect, test } from 'vitest'
import type { SessionValues } from '../../../src/core/data/codec.ts'
import {
  type ConflictResolver,
  type Merged,
  mergeValues,
  type Versions,
} from '../../../src/core/data/merge.ts'

describe('merging the changes of two requests', () => {
  test.each<[string, Versions, SessionValues]>([
    ['nothing changes nothing', versions({ a: 1 }, { a: 1 }, { a: 1 }), { a: 1 }],
    ['a change of mine is kept', versions({ a: 1 }, { a: 2 }, { a: 1 }), { a: 2 }],
    ['a change of theirs is kept', versions({ a: 1 }, { a: 1 }, { a: 3 }), { a: 3 }],
    ['changes of different names are both kept', versions({}, { a: 1 }, { b: 2 }), { a: 1, b: 2 }],
    ['what I have removed is gone', versions({ a: 1, b: 1 }, { b: 1 }, { a: 1, b: 1 }), { b: 1 }],
    ['what they have removed is gone', versions({ a: 1, b: 1 }, { a: 1, b: 1 }, { b: 1 }), { b: 1 }],
    ['what both have removed is gone', versions({ a: 1 }, {}, {}), {}],
    ['what both have added in the same way is there once', versions({}, { a: 1 }, { a: 1 }), { a: 1 }],
    ['a name that holds undefined is still a name', versions({}, { a: undefined }, {}), { a: undefined }],
  ])('%s', (_promise, given, values) => {
    const merged = merge(given)
    expect(merged.values).toEqual(values)
    expect(Object.keys(merged.values).toSorted()).toEqual(Object.keys(values))
    expect(merged.clashes).toEqual([])
  })

  test('the merge changes none of its three inputs', () => {
    const given = versions({ a: 1, b: 1 }, { a: 2 }, { a: 3, b: 1, c: 1 })
    const before = structuredClone(given)
    merge(given, () => 4)
    expect(given).toEqual(before)
  })

  test('names that every object inherits are data like any other', () => {
    const { values, clashes } = merge(versions({}, { toString: 1 }, { valueOf: 2 }))
    expect({ ...values }).toEqual({ toString: 1, valueOf: 2 })
    expect(clashes).toEqual([])
  })
})

describe('a name that both have changed differently', () => {
  test.each<[string, Versions, SessionValues]>([
    ['mine counts', versions({ a: 1 }, { a: 2 }, { a: 3 }), { a: 2 }],
    ['mine counts where both have added it', versions({}, { a: 2 }, { a: 3 }), { a: 2 }],
    ['mine counts where they have removed it', versions({ a: 1 }, { a: 2 }, {}), { a: 2 }],
    ['mine counts where I have removed it', versions({ a: 1 }, {}, { a: 3 }), {}],
  ])('%s, and the result names it', (_promise, given, values) => {
    expect(merge(given)).toEqual({ values, clashes: ['a'] })
  })

  test('is decided by the hook, which gets the three values', () => {
    const asked: unknown[][] = []
    const resolve: ConflictResolver = (...given) => {
      asked.push(given)
      return 'decided'
    }
    const given = versions({ a: 1, b: 1, c: 1 }, { a: 2, c: 2 }, { a: 3, b: 3 })
    expect(merge(given, resolve)).toEqual({
      values: { a: 'decided', b: 'decided', c: 'decided' },
      clashes: ['a', 'b', 'c'],
    })
    expect(asked).toEqual([
      ['a', 1, 2, 3],
      ['b', 1, undefined, 3],
      ['c', 1, 2, undefined],
    ])
  })

  test('is not passed to the hook when only one has changed it, or both in the same way', () => {
    const given = versions({ a: 1, b: 1, c: 1 }, { a: 2, b: 1, c: 2 }, { a: 1, b: 2, c: 2 })
    expect(merge(given, () => expect.unreachable()).values).toEqual({ a: 2, b: 2, c: 2 })
  })

  test('passes an error of the hook on to the caller', () => {
    const resolve = (): never => {
      throw new Error('cannot decide')
    }
    expect(() => merge(versions({ a: 1 }, { a: 2 }, { a: 3 }), resolve)).toThrow('cannot decide')
  })
})

function versions(base: SessionValues, mine: SessionValues, theirs: SessionValues): Versions {
  return { base, mine, theirs }
}

function merge(given: Versions, resolve?: ConflictResolver): Merged {
  return mergeValues(given, { isSame, resolve })
}

function isSame(name: string, one: SessionValues, other: SessionValues): boolean {
  const isThere = Object.hasOwn(one, name)
  return isThere === Object.hasOwn(other, name) && (!isThere || one[name] === other[name])
}
