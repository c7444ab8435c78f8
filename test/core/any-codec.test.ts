import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SessionContents } from '../../src/core/data/codec.ts'
import { decodeAny, writerOf } from '../../src/core/data/encoding.ts'
import { jsonCodec, strictJsonCodec } from '../../src/core/data/json-codec.ts'
import { structuredCodec } from '../../src/core/data/structured-codec.ts'
import { anyValues, jsonValues, refusalOf, someRuns, structuredValues } from './stored-values.ts'

describe('each text is read by the codec that wrote it', () => {
  test.each([
    [jsonCodec, { values: {} }],
    [jsonCodec, { values: { a: [1] }, originalMaxAge: 5 }],
    [structuredCodec, { values: {} }],
    [structuredCodec, { values: { a: new Map([[1, 2n]]) }, originalMaxAge: null }],
  ])('%o', (codec, contents: SessionContents) => {
    const text = codec.encode(contents)
    expect(writerOf(text)).toBe(codec)
    expect(decodeAny(text)).toEqual(contents)
  })

  test('for any contents, and the other codec does not read it', () => {
    fc.assert(
      fc.property(structuredValues, values => {
        const text = structuredCodec.encode({ values })
        expect(decodeAny(text)).toEqual(structuredCodec.decode(text))
        expect(() => jsonCodec.decode(text)).toThrow(expect.objectContaining({ code: 'RECORD_CORRUPT' }))
      }),
      someRuns,
    )
    fc.assert(
      fc.property(anyValues, values => {
        if (refusalOf(() => jsonCodec.encode({ values })) !== undefined) return
        const text = jsonCodec.encode({ values })
        expect(decodeAny(text)).toEqual(jsonCodec.decode(text))
        expect(() => structuredCodec.decode(text)).toThrow(
          expect.objectContaining({ code: 'RECORD_CORRUPT' }),
        )
      }),
      someRuns,
    )
  })

  test('even when a database has put white space around it', () => {
    expect(decodeAny(' \n{"a": 1} ').values).toEqual({ a: 1 })
    expect(decodeAny('\t[{"a": 1}, ["Date", "2020-01-01T00:00:00.000Z"]]\n').values).toEqual({
      a: new Date('2020-01-01'),
    })
  })

  test.each(['', ' ', 'x', '1', '-1', 'null', '"["', '[', '{', '[]', '[1]', '\0[{}]'])(
    'neither codec reads %j as a session',
    text => {
      expect(() => decodeAny(text)).toThrow(expect.objectContaining({ code: 'RECORD_CORRUPT' }))
    },
  )
})

describe('a change of the codec', () => {
  test('to the structured one loses nothing', () => {
    fc.assert(
      fc.property(jsonValues, values => {
        const read = decodeAny(strictJsonCodec.encode({ values, originalMaxAge: 5 }))
        expect(decodeAny(structuredCodec.encode(read))).toEqual(read)
      }),
      someRuns,
    )
  })

  test('to JSON loses nothing that JSON can hold', () => {
    const contents = { values: { a: [1, 'b', null, { c: false }] }, originalMaxAge: 5 }
    const read = decodeAny(structuredCodec.encode(contents))
    expect(decodeAny(strictJsonCodec.encode(read))).toEqual(contents)
  })

  test('to strict JSON is refused for values that it would destroy', () => {
    const read = decodeAny(structuredCodec.encode({ values: { cart: { items: new Map([[1, 2]]) } } }))
    expect(() => strictJsonCodec.encode(read)).toThrow(
      "Expected `session.cart.items` to be a value that JSON can hold, got a Map. Store plain data, or use `codec: 'structured'`.",
    )
  })
})
