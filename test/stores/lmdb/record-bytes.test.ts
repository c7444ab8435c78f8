import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SessionRecord } from '../../../src/core/record/store.ts'
import { SojournError } from '../../../src/core/report/errors.ts'
import { decodeEpoch, encodeEpoch } from '../../../src/stores/lmdb/epoch-bytes.ts'
import { decodeRecord, encodeRecord } from '../../../src/stores/lmdb/record-bytes.ts'
import { recordWith } from './record-with.ts'

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '\n', '\0', '\ud800', 'a\udfffb', '[1]\n', '\u2028', '\ufeff', '漢字🍪'),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map(units => String.fromCharCode(...units)),
)
const end = fc.oneof(fc.double({ min: 0, max: Number.MAX_VALUE, noNaN: true }), fc.constant(Infinity))
const perhaps = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined })

const record: fc.Arbitrary<SessionRecord> = fc.record({
  key: fc.constant('key'),
  version: fc.nat(),
  createdAt: fc.nat(),
  touchedAt: fc.nat(),
  expiresAt: end,
  device: perhaps(text),
  subject: perhaps(text),
  authenticatedAt: perhaps(fc.nat()),
  epoch: fc.nat(),
  rotation: perhaps(text),
  data: fc.oneof(text, fc.uint8Array()),
})

test('a record comes back as it was, whatever its texts and bytes are', () => {
  fc.assert(
    fc.property(record, kept => {
      expect(decodeRecord('key', encodeRecord(kept))).toEqual(kept)
    }),
    { numRuns: 2000 },
  )
})

test('bytes come back as bytes and text as text, also where they are alike', () => {
  const asText = decodeRecord('key', encodeRecord(recordWith({ data: 'abc' })))
  const asBytes = decodeRecord('key', encodeRecord(recordWith({ data: Uint8Array.of(97, 98, 99) })))
  expect(asText.data).toBe('abc')
  expect(asBytes.data).toEqual(Uint8Array.of(97, 98, 99))
  expect(asBytes.data).not.toBeInstanceOf(Buffer)
})

test('what has been read stays as it is when its bytes are used again', () => {
  for (const data of ['text', Uint8Array.of(1, 2, 3)]) {
    const bytes = encodeRecord(recordWith({ subject: 'ada', data }))
    const read = decodeRecord('key', bytes)
    bytes.fill(0)
    expect(read).toMatchObject({ subject: 'ada', data })
  }
})

test('bytes that lie within longer ones are read from their own beginning to their own end', () => {
  const bytes = encodeRecord(recordWith({ data: 'text' }))
  const longer = Buffer.concat([Buffer.from('before\n'), bytes, Buffer.from('after')])
  expect(decodeRecord('key', longer.subarray(7, 7 + bytes.length))).toEqual(recordWith({ data: 'text' }))
})

test.each(['', '\n', 'no record', '{"secret":1', '[1,2\nrest'])(
  'bytes that are no record are told without being quoted: %j',
  written => {
    const reading = () => decodeRecord('key', Buffer.from(written))
    expect(reading).toThrow(SojournError)
    expect(reading).toThrow('Expected a record in the file of the lmdb store, got something else.')
  },
)

test('an epoch comes back as it was', () => {
  const epoch = fc.record({
    epoch: fc.nat(),
    except: perhaps(text),
    expiresAt: end,
  })
  fc.assert(
    fc.property(epoch, kept => {
      expect(decodeEpoch('ada', encodeEpoch(kept))).toEqual(kept)
    }),
  )
})

test('an epoch that version 0.1.0 has written is read', () => {
  const written = Buffer.from('[5,"key",null]')
  expect(decodeEpoch('ada', written)).toEqual({
    epoch: 5,
    except: 'key',
    expiresAt: Number.POSITIVE_INFINITY,
  })
})
