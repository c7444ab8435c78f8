import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SessionValues } from '../../../src/core/data/codec.ts'
import { structuredCodec } from '../../../src/core/data/structured-codec.ts'
import { lossIn } from '../../../src/core/data/value-check.ts'
import { anyValues, cycle, nested, refusalOf, someRuns, structuredValues } from '../stored-values.ts'

describe('what comes back as it was', () => {
  test.each<[string, unknown]>([
    ['a date', new Date(5)],
    [
      'a map',
      new Map<unknown, unknown>([
        ['a', { b: 1 }],
        [{ key: 1 }, [2]],
      ]),
    ],
    ['a set', new Set<unknown>(['a', { b: 1 }])],
    ['a big integer', -(10n ** 30n)],
    ['undefined', undefined],
    ['undefined in a list', [undefined, 1]],
    ['a list with holes', Object.assign([1], { 2: 3 })],
    ['a regular expression', /<a>\/"b/gi],
    ['an address', new URL('https://user@example.test/a?b=c#d')],
    ['search parameters', new URLSearchParams('a=1&a=2')],
    ['no number', Number.NaN],
    ['infinities', [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
    ['minus zero', -0],
    ['bytes', Uint8Array.of(0, 255)],
    ['a buffer of Node', Buffer.from('ä<')],
    ['an empty buffer of Node', Buffer.alloc(0)],
    ['numbers in a typed list', Float64Array.of(1.5, -0)],
    ['large numbers in a typed list', BigInt64Array.of(-1n)],
    ['bare bytes', Uint8Array.of(1, 2).buffer],
    ['a view', new DataView(Uint8Array.of(1, 2).buffer)],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 })],
    ['text that is half a character', '\ud800'],
    ['names of every kind', { '': 1, 'a b': 2, '<': 3, '\u2028': 4, 1: 5, toString: 6 }],
  ])('%s', (_kind, value) => {
    assert.deepStrictEqual(written({ value }), { value })
  })

  test('an invalid date', () => {
    expect(written({ value: new Date(Number.NaN) })).toStrictEqual({ value: new Date(Number.NaN) })
  })

  test('an object that contains itself', () => {
    const { value } = written({ value: cycle() })
    expect(Reflect.get(Object(value), 'self')).toBe(value)
  })

  test('an object under two names', () => {
    const shared = new Map([['a', 1]])
    const { one, other } = written({ one: shared, other: [shared] })
    expect(Object(other)[0]).toBe(one)
  })

  test('two views of the same bytes', () => {
    const { buffer } = Uint8Array.of(1, 2, 3, 4)
    const { bytes, words } = written({ bytes: new Uint8Array(buffer), words: new Uint16Array(buffer) })
    assert(bytes instanceof Uint8Array && words instanceof Uint16Array)
    expect(bytes.buffer).toBe(words.buffer)
  })

  test('any value that the codec accepts, and encoding it again gives the same text', () => {
    fc.assert(
      fc.property(structuredValues, values => {
        const text = structuredCodec.encode({ values })
        const read = structuredCodec.decode(text)
        assert.deepStrictEqual(read.values, values)
        expect(structuredCodec.encode(read)).toBe(text)
      }),
      someRuns,
    )
  })

  test('any other value is refused', () => {
    fc.assert(
      fc.property(anyValues, values => {
        if (refusalOf(() => structuredCodec.encode({ values })) !== undefined) return
        assert.deepStrictEqual(written(values), values)
      }),
      someRuns,
    )
  })
})

test.each([
  ['a view', (bytes: Uint8Array) => bytes.subarray(7, 8)],
  ['a data view', ({ buffer }: Uint8Array) => new DataView(buffer, 7, 1)],
  ['a buffer', ({ buffer }: Uint8Array) => Buffer.from(buffer, 7, 1)],
])('%s stores the bytes of the view, and not those around it', (_kind, viewOf) => {
  const bytes = Uint8Array.from(Buffer.from('hunter2\u0001'))
  const text = structuredCodec.encode({ values: { shown: viewOf(bytes) } })
  expect(text).toContain('"AQ=="')
  const { shown } = structuredCodec.decode(text).values
  assert(ArrayBuffer.isView(shown))
  expect([...Buffer.from(shown.buffer, shown.byteOffset, shown.byteLength)]).toEqual([1])
})

describe('what is refused', () => {
  class Cart {}
  class Lookup extends Map {}

  test.each<[string, unknown, string]>([
    ['a function', () => 1, '.value` '],
    ['a symbol', Symbol('s'), '.value` '],
    ['an instance of Cart', new Cart(), '.value` '],
    ['an instance of Lookup', new Lookup(), '.value` '],
    ['an instance of List', new (class List extends Array {})(), '.value` '],
    ['an Error', new Error('x'), '.value` '],
    ['a Promise', Promise.resolve(), '.value` '],
    ['a WeakMap', new WeakMap(), '.value` '],
    ['a SharedArrayBuffer', new SharedArrayBuffer(1), '.value` '],
    ['a Uint8Array', new Uint8Array(new SharedArrayBuffer(1)), '.value` '],
    ['a function', { items: [1, 2, { render() {} }] }, '.value.items[2].render` '],
    [
      'a function',
      [
        new Map([
          [{}, 1],
          [{}, () => 1],
        ] as [object, unknown][]),
      ],
      '.value[0].values()[1]` ',
    ],
    ['a symbol', new Map([[Symbol('s'), 1]]), '.value.keys()[0]` '],
    ['an instance of Cart', { all: new Set([1, new Cart()]) }, '.value.all.values()[1]` '],
    ['an object with a symbol as a name', { a: { [Symbol('s')]: 1 } }, '.value.a` '],
    ['an object with a property `__proto__`', JSON.parse('{"a":{"__proto__":1}}'), '.value.a` '],
    ['an array with a property of its own', { found: 'abc'.match(/b/) }, '.value.found` '],
    ['an array with a property of its own', Object.assign([1], { '-1': 2 }), '.value` '],
    ['an array with a property of its own', Object.assign([1, 2, 3], { '1.5': 2 }), '.value` '],
    ['a function', { then() {} }, '.value.then` '],
    ['an object more than 500 levels deep', nested(501), '.value.a.a.a.a.a.a.a.a.a…'],
  ])('%s, with its path', (kind, value, path) => {
    const refusal = refusalOf(() => structuredCodec.encode({ values: { first: 1, value } }))
    expect(refusal).toContain(`Expected \`session${path}`)
    expect(refusal).toContain('to be a value that the structured codec can hold, got ')
    expect(refusal).toContain(`got ${kind}. Store `)
    expect(lossIn('value', value, structuredCodec.whole)).toBe(refusal)
  })

  test('the session itself', () => {
    const values: SessionValues = { a: 1 }
    values['all'] = [values]
    expect(refusalOf(() => structuredCodec.encode({ values }))).toMatch(
      /`session\.all\[0]`.*the session itself/,
    )
  })

  test('an object that pretends to be a date', () => {
    const value = Object.create(Date.prototype)
    expect(refusalOf(() => structuredCodec.encode({ values: { value } }))).toContain('structured')
  })

  test('500 levels are accepted', () => {
    const values = { value: nested(500) }
    assert.deepStrictEqual(written(values), values)
  })

  test('10,000 levels are refused, even when most of them are maps and lists', () => {
    let value: unknown = 1
    for (let level = 0; level < 10_000; level += 1)
      value = level % 2 === 0 ? [value] : new Map([[value, value]])
    for (const deep of [value, nested(10_000)]) {
      expect(refusalOf(() => structuredCodec.encode({ values: { deep } }))).toContain('levels deep')
    }
  })

  test('no error contains the data', () => {
    const work = (): string =>
      structuredCodec.encode({ values: { note: 'hunter2', map: new Map([['hunter2', () => 'hunter2']]) } })
    expect(work).toThrow(expect.objectContaining({ code: 'VALUE_UNSUPPORTED' }))
    expect(work).not.toThrow(/hunter2/)
    expect(work).toThrow(expect.not.objectContaining({ cause: expect.anything() }))
  })
})

describe('decoding', () => {
  test.each([
    ...[
      '',
      '[',
      'null',
      '1',
      '-1',
      '-3',
      '"text"',
      'true',
      '{}',
      '{"a":1}',
      '[]',
      '[1]',
      '["hunter2"]',
      '[[]]',
    ],
    ...['[["Map"]]', '[["Date","2020"]]', '[["null"]]', '[["Buffer",1],2]', '[{"a":5}]', '[{"a":"hunter2"}]'],
    ...['[{"a":1},["hunter2",1]]', '[{"a":1},["BigInt","hunter2"]]', '[{"a":1},["RegExp","(hunter2"]]'],
    ...['[{"a":1},["URL","hunter2"]]', '[{"a":1},["Uint8Array",0]]', '[{"a":1},["Uint8Array",2],9999999999]'],
    ...[
      '[{"a":1},["Buffer",2],9999999999]',
      '[{"a":1},["Buffer",2],{"length":9}]',
      '[{"a":1},["Buffer",1]]',
      '[{"a":1},["Buffer",2],{"buffer":3},[4],1]',
    ],
    ...['[{"a":1},["Uint8Array",2,8,8],["ArrayBuffer","AQ=="]]', '[{"a":1},["ArrayBuffer",2],7]'],
    ...['[{"a":1},["Object",0]]', '[{"a":1},["Temporal.Instant","hunter2"]]', '[{"a":1},[-7,-1]]'],
    ...['[{"a":1},[-7,2,2,3],4]', '[{"a":1},{"__proto__":2},{"isAdmin":3},true]'],
    ...['[{"a":1},["null","__proto__",2],{"isAdmin":3},true]', '[{"a":1},["null",2,3],"b",1]'],
  ])('%s is no session, and the error does not quote it', data => {
    const error = errorOf(() => structuredCodec.decode(data))
    expect(error).toMatchObject({ code: 'RECORD_CORRUPT' })
    expect(`${error.message} ${error.cause}`).not.toContain('hunter2')
    expect(Reflect.get({}, 'isAdmin')).toBeUndefined()
  })

  test('any text is a session or a corrupt record, and sets no prototype', () => {
    const word = fc.constantFrom('__proto__', 'constructor', 'prototype', 'Map', 'null', 'Buffer', 'a')
    const item = fc.oneof(
      fc.integer({ min: -8, max: 6 }),
      word,
      fc.array(fc.oneof(word, fc.integer({ min: -8, max: 6 })), { maxLength: 4 }),
      fc.dictionary(word, fc.integer({ min: -8, max: 6 }), { maxKeys: 3 }),
    )
    fc.assert(
      fc.property(fc.array(item, { maxLength: 7 }), flat => {
        readOrCorrupt(JSON.stringify(flat))
        expect(Object.keys(Object.prototype)).toEqual([])
        expect(Reflect.get({}, 'a')).toBeUndefined()
      }),
      someRuns,
    )
  })

  test('stored data cannot set a prototype', () => {
    const text =
      '[{"__proto__":1,"constructor":3,"a":4},{"isAdmin":2},true,{"prototype":1},{"constructor":3}]'
    const { values } = structuredCodec.decode(text)
    expect(Reflect.get({}, 'isAdmin')).toBeUndefined()
    expect(Reflect.get(values, 'isAdmin')).toBeUndefined()
    expect(Reflect.get(Object(values['a']), 'isAdmin')).toBeUndefined()
    expect(Object.keys(values)).toEqual(['a'])
  })

  test('10,000 levels are a corrupt record', () => {
    const flat = Array.from({ length: 10_000 }, (_, place) => ({ a: place + 1 }))
    expect(errorOf(() => structuredCodec.decode(JSON.stringify([...flat, 1])))).toMatchObject({
      code: 'RECORD_CORRUPT',
    })
  })

  test('a list that claims to be long takes no memory, and can be stored again', () => {
    const { values } = structuredCodec.decode('[{"a":1},[-7,4000000000]]')
    expect(values['a']).toHaveLength(4_000_000_000)
    expect(structuredCodec.encode({ values })).toBe('[{"a":1},[-7,4000000000]]')
  })
})

function written(values: SessionValues): SessionValues {
  return structuredCodec.decode(structuredCodec.encode({ values })).values
}

function readOrCorrupt(text: string): void {
  try {
    expect(Object.getPrototypeOf(structuredCodec.decode(text).values)).toBe(Object.prototype)
  } catch (error) {
    expect(error).toMatchObject({ code: 'RECORD_CORRUPT' })
  }
}

function errorOf(work: () => unknown): Error {
  try {
    work()
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('Expected an error.')
}
