import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonCodec, strictJsonCodec } from '../../../src/core/data/json-codec.ts'
import { lossIn } from '../../../src/core/data/value-check.ts'
import { anyValues, cycle, jsonValues, nested, refusalOf, someRuns } from '../stored-values.ts'

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

  test('names with a meaning for promises and encoders are data like any other', () => {
    const values = { then: 'later', toJSON: 'x', length: 3, data: {}, '': 1 }
    expect(jsonCodec.decode(jsonCodec.encode({ values }))).toEqual({ values })
  })

  test('a session’s own lifetime is stored with the values, and no lifetime without one', () => {
    expect(jsonCodec.encode({ values: { a: 1 } })).toBe('{"a":1}')
    expect(jsonCodec.encode({ values: { a: 1 }, originalMaxAge: 5000 })).toBe(
      '{"cookie":{"originalMaxAge":5000},"a":1}',
    )
    for (const originalMaxAge of [5000, 0, null]) {
      const contents = { values: { a: 1 }, originalMaxAge }
      expect(jsonCodec.decode(jsonCodec.encode(contents))).toEqual(contents)
    }
  })

  test.each<[string, string, unknown]>([
    ['a BigInt', '`', 10n],
    ['a BigInt', '`', Object(10n)],
    ['a cycle', '.self`', cycle()],
    ['a BigInt', '.list[0].amount`', { list: [{ amount: 10n }] }],
    ['a BigInt', '.shown.amount`', { toJSON: () => ({ shown: { amount: 10n } }) }],
    ['a BigInt', '.amount`', { found: 'abc'.match(/b/), amount: 10n }],
    ['an object that throws when it is read', '.bad`', { bad: failing() }],
    ['an object that throws when it is read', '`', { toJSON: () => Reflect.get(failing(), 'bad') }],
  ])('refuses %s, with a path that ends in %s', (kind, path, value) => {
    const refusal = refusalOf(() => jsonCodec.encode({ values: { first: 1, basket: value, last: 2 } }))
    expect(refusal).toContain(
      `Expected \`session.basket${path} to be a value that JSON can hold, got ${kind}.`,
    )
  })

  test('the message says what to do', () => {
    const refusal = (value: unknown) => refusalOf(() => jsonCodec.encode({ values: { value } }))
    expect(refusal(10n)).toMatch(/Store a string or a number, or use `codec: 'structured'`\.$/)
    expect(refusal(cycle())).toMatch(/Store plain data, or use `codec: 'structured'`\.$/)
    expect(refusal(failing())).toMatch(/Store plain data instead\.$/)
  })

  test('the message never contains the data', () => {
    const encoding = (): string => jsonCodec.encode({ values: { note: 'hunter2', amount: 10n } })
    expect(encoding).not.toThrow(/hunter2/)
  })

  test('data that applications store today is stored as before', () => {
    class Person {
      toJSON() {
        return { name: 'Ann' }
      }
    }
    const values = {
      at: new Date(0),
      who: new Person(),
      list: [undefined, Number.NaN],
      map: new Map([[1, 2]]),
      run() {},
    }
    expect(jsonCodec.encode({ values })).toBe(
      '{"at":"1970-01-01T00:00:00.000Z","who":{"name":"Ann"},"list":[null,null],"map":{}}',
    )
    const losses = ['at', 'who', 'list', 'map', 'run'].map(name =>
      lossIn(name, Reflect.get(values, name), jsonCodec.whole),
    )
    expect(losses.map(loss => /got an? ([^.]*)\./.exec(loss ?? '')?.[1])).toEqual([
      ...['Date', 'instance of Person', undefined, 'Map', 'function'],
    ])
    expect(losses[2]).toContain('`session.list[0]`')
  })

  test('a function called toJSON does not decide what is stored', () => {
    const values = { a: 1, toJSON: () => ['something else'] }
    expect(jsonCodec.encode({ values })).toBe('{"a":1}')
  })

  test('values nested 10,000 levels deep are refused or come back, depending on Node, and 1000 levels are stored', () => {
    const refusal = refusalOf(() => {
      const text = jsonCodec.encode({ values: { deep: nested(10_000) } })
      expect(jsonCodec.encode(jsonCodec.decode(text))).toBe(text)
    })
    if (refusal !== undefined) expect(refusal).toContain('levels deep')
    const values = { deep: nested(1000) }
    expect(jsonCodec.decode(jsonCodec.encode({ values })).values).toEqual(values)
  })

  test('values that JSON.stringify refuses for other reasons are refused, too', () => {
    let calls = 0
    const value = {
      toJSON() {
        calls += 1
        if (calls % 2 === 1) throw new RangeError('Invalid string length')
      },
    }
    const encoding = (): string => jsonCodec.encode({ values: { value } })
    expect(encoding).toThrow(/Expected `session` to hold .* Store less/)
    expect(encoding).toThrow(expect.objectContaining({ code: 'VALUE_UNSUPPORTED' }))
  })
})

describe('strict encoding', () => {
  class Cart {}

  test('what JSON can hold comes back as it was', () => {
    fc.assert(
      fc.property(jsonValues, values => {
        const text = strictJsonCodec.encode({ values })
        const read = strictJsonCodec.decode(text)
        expect(read.values).toStrictEqual(values)
        expect(strictJsonCodec.encode(read)).toBe(text)
      }),
      someRuns,
    )
  })

  test('any other value is refused', () => {
    fc.assert(
      fc.property(anyValues, values => {
        if (refusalOf(() => strictJsonCodec.encode({ values })) !== undefined) return
        // A property that is undefined comes back absent, and an object without a prototype with one.
        expect(strictJsonCodec.decode(strictJsonCodec.encode({ values })).values).toEqual(values)
      }),
      someRuns,
    )
  })

  test('a property that is undefined comes back absent', () => {
    const values = { a: undefined, b: { c: undefined } }
    expect(strictJsonCodec.encode({ values })).toBe('{"b":{}}')
  })

  test('an object in two places is stored twice', () => {
    const shared = { a: 1 }
    expect(strictJsonCodec.encode({ values: { one: shared, other: shared } })).toBe(
      '{"one":{"a":1},"other":{"a":1}}',
    )
  })

  test.each<[string, unknown, string]>([
    ['a BigInt', 10n, '`'],
    ['a cycle', cycle(), '.self`'],
    ['a Date', new Date(0), '`'],
    ['a Map', { lookup: new Map() }, '.lookup`'],
    ['a Set', [new Set()], '[0]`'],
    ['a Uint8Array', new Uint8Array(1), '`'],
    ['an Int8Array', new Int8Array(1), '`'],
    ['a Buffer', { raw: Buffer.alloc(1) }, '.raw`'],
    ['an ArrayBuffer', new ArrayBuffer(1), '`'],
    ['a RegExp', /a/, '`'],
    ['a URL', new URL('http://example.test'), '`'],
    ['a function', { items: [1, 2, { render() {} }] }, '.items[2].render`'],
    ['a symbol', Symbol('s'), '`'],
    ['an instance of Cart', new Cart(), '`'],
    ['an instance of List', new (class List extends Array {})(), '`'],
    ['an instance of a class without a name', new (class {})(), '`'],
    ['an Error', new Error('x'), '`'],
    ['a Number', Object(1), '`'],
    ['undefined', { list: [1, undefined] }, '.list[1]`'],
    ['an array with holes', { list: Object.assign([1], { 2: 3 }) }, '.list`'],
    ['an array with holes', new Array(4_000_000_000), '`'],
    ['an array with a property of its own', 'abc'.match(/b/), '`'],
    ['an array with a property of its own', Object.assign([1], { '-1': 2 }), '`'],
    ['an array with a property of its own', { list: Object.assign([1, 2, 3], { '1.5': 2 }) }, '.list`'],
    ['an array with a property of its own', Object.assign([1, 2], { '1e0': 2 }), '`'],
    ['NaN', { 'a total': Number.NaN }, '["a total"]`'],
    ['-Infinity', [[Number.NEGATIVE_INFINITY]], '[0][0]`'],
    ['-0', -0, '`'],
    ['an object with a `toJSON`', { a: { toJSON: () => 1 } }, '.a`'],
    ['an object with a symbol as a name', { [Symbol('s')]: 1 }, '`'],
    ['an object that throws when it is read', failing(), '`'],
    ['an object more than 500 levels deep', nested(10_000), '.a.a.a'],
  ])('%s is refused, with its path', (kind, value, path) => {
    const refusal = refusalOf(() => strictJsonCodec.encode({ values: { first: 1, cart: value } }))
    expect(refusal).toContain(`Expected \`session.cart${path}`)
    expect(refusal).toContain(`to be a value that JSON can hold, got ${kind}. Store `)
    expect(lossIn('cart', value, strictJsonCodec.whole)).toBe(refusal)
  })

  test('an object of another realm counts as plain, too', () => {
    const values = { other: runInNewContext('({ a: [1, { b: null }] })') }
    expect(strictJsonCodec.encode({ values })).toBe('{"other":{"a":[1,{"b":null}]}}')
  })

  test('the message advises the structured codec only where it helps', () => {
    const refusal = (value: unknown) => refusalOf(() => strictJsonCodec.encode({ values: { value } }))
    expect(refusal(new Date(0))).toMatch(/Store a string or a number, or use `codec: 'structured'`\.$/)
    expect(refusal(new Set([1]))).toMatch(/Store plain data, or use `codec: 'structured'`\.$/)
    for (const value of [new Set([new Cart()]), new Cart(), () => 1, Symbol('s'), { toJSON: () => 1 }]) {
      expect(refusal(value)).not.toContain('codec')
    }
    expect(refusal(nested(501))).not.toContain('codec')
  })
})

describe('decoding', () => {
  test.each(['', '{', 'null', '[]', '"text"', '1', 'true', 'undefined', '{"a":hunter2}', '\0', 'hunter2'])(
    '%j is no session, and the error does not quote it',
    data => {
      expect(() => jsonCodec.decode(data)).toThrow(expect.objectContaining({ code: 'RECORD_CORRUPT' }))
      const { message, cause } = errorOf(() => jsonCodec.decode(data))
      expect(`${message} ${cause}`).not.toContain('hunter2')
    },
  )

  test('stored data cannot set a prototype', () => {
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

function failing(): object {
  return {
    get bad() {
      throw new Error('no')
    },
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
