import { describe, expect, test, vi } from 'vitest'
import type { Codec } from '../../../src/core/data/codec.ts'
import { Encoding, type EncodingOptions, type RecordFrame } from '../../../src/core/data/encoding.ts'
import { jsonCodec, strictJsonCodec } from '../../../src/core/data/json-codec.ts'
import { Sealer } from '../../../src/core/data/sealer.ts'
import { structuredCodec } from '../../../src/core/data/structured-codec.ts'
import { KeyRing } from '../../../src/core/keys/key-ring.ts'
import type { SessionRecord } from '../../../src/core/record/store.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { secret } from '../stage.ts'

const id = 'ZYe1Dq0wT7Wk0VtqYv7OaK0kD2eJ5m8x'
const frame: RecordFrame = {
  ...{ key: 'k'.repeat(43), version: 7, createdAt: 1, subject: 'ada', authenticatedAt: 2, epoch: 3 },
  rotation: undefined,
}
const text = '{"cart":["žluťoučký kůň","🐎"]}'
const contents = { values: { cart: ['žluťoučký kůň', '🐎'] } }

describe('comparing two sets of values under a name', () => {
  const sames: readonly (readonly [string, unknown, unknown])[] = [
    ['equal text', 'a', 'a'],
    ['equal in what they hold', { a: [1] }, { a: [1] }],
    ['both undefined', undefined, undefined],
    ['both not a number', Number.NaN, Number.NaN],
  ]
  const others: readonly (readonly [string, unknown, unknown])[] = [
    ['text and number', '1', 1],
    ['different in depth', { a: [1] }, { a: [2] }],
    ['nothing and something', null, 0],
    ['undefined and null', undefined, null],
    ['a value that throws when it is read, and another', revoked(), {}],
  ]
  describe.each([
    ['JSON', jsonCodec],
    ['strict JSON', strictJsonCodec],
    ['structured', structuredCodec],
  ] as const)('with %s', (_name, codec) => {
    const encoding = encodingOf({ codec })
    test.each(sames)('%s: the same', (_kind, one, other) => {
      expect(encoding.isSame('a', { a: one }, { a: other })).toBe(true)
    })
    test.each(others)('%s: different', (_kind, one, other) => {
      expect(encoding.isSame('a', { a: one }, { a: other })).toBe(false)
    })

    test('a name that neither has is the same, and a name that only one has is different', () => {
      expect(encoding.isSame('a', { b: 1 }, { b: 2 })).toBe(true)
      expect(encoding.isSame('a', { a: 1 }, {})).toBe(false)
      expect(encoding.isSame('a', {}, { a: 1 })).toBe(false)
      expect(encoding.isSame('toString', {}, {})).toBe(true)
    })
  })

  test('a name with the value undefined is absent for JSON, and present for the codec that keeps it', () => {
    for (const [one, other] of [
      [{ a: undefined }, {}],
      [{}, { a: undefined }],
    ] as const) {
      expect(encodingOf({ codec: jsonCodec }).isSame('a', one, other)).toBe(true)
      expect(encodingOf({ codec: structuredCodec }).isSame('a', one, other)).toBe(false)
    }
    expect(encodingOf().isSame('a', { a: undefined }, { a: undefined })).toBe(true)
  })

  test('each codec compares the values that it can tell apart', () => {
    const isSame = (codec: Codec, one: unknown, other: unknown) =>
      encodingOf({ codec }).isSame('a', { a: one }, { a: other })
    expect(isSame(structuredCodec, new Map([[1, 2]]), new Map([[1, 2]]))).toBe(true)
    expect(isSame(structuredCodec, new Map([[1, 2]]), new Map([[1, 3]]))).toBe(false)
    expect(isSame(structuredCodec, 10n, 10n)).toBe(true)
    expect(isSame(structuredCodec, new Date(1), new Date(2))).toBe(false)
    expect(isSame(jsonCodec, new Date(1), new Date(1).toISOString())).toBe(true)
    expect(isSame(jsonCodec, [10n], [10n])).toBe(false)
  })

  test('a value that cannot be stored equals only itself', () => {
    const circle: Record<string, unknown> = {}
    circle['circle'] = circle
    const same = encodingOf({ codec: jsonCodec })
    expect(same.isSame('a', { a: circle }, { a: circle })).toBe(true)
    expect(same.isSame('a', { a: circle }, { a: { ...circle } })).toBe(false)
  })
})

describe('writing only what has changed', () => {
  test.each<[string, Codec]>([
    ['JSON', jsonCodec],
    ['structured', structuredCodec],
  ])('unchanged data that %s wrote is not written again, whichever codec writes', (_name, writer) => {
    const stored = writer.encode(contents)
    for (const codec of [jsonCodec, strictJsonCodec, structuredCodec]) {
      expect(encodingOf({ codec }).encodeChanged(contents, stored)).toBeUndefined()
    }
  })

  test('changed data is written by the configured codec', () => {
    const changed = { values: { cart: [] } }
    const [json, structured] = [jsonCodec.encode(contents), structuredCodec.encode(contents)]
    expect(encodingOf({ codec: structuredCodec }).encodeChanged(changed, json)).toBe(
      structuredCodec.encode(changed),
    )
    expect(encodingOf({ codec: jsonCodec }).encodeChanged(changed, structured)).toBe('{"cart":[]}')
    expect(encodingOf({ codec: jsonCodec }).encodeChanged(changed, json)).toBe('{"cart":[]}')
  })

  test('a new lifetime of the cookie is a change', () => {
    const own = { ...contents, originalMaxAge: 5000 }
    expect(encodingOf().encodeChanged(own, text)).toBe(strictJsonCodec.encode(own))
  })

  test('the text of an empty session is known', () => {
    for (const codec of [jsonCodec, structuredCodec]) {
      const encoding = encodingOf({ codec })
      expect(encoding.empty).toBe(encoding.encode({ values: {} }))
      expect(encoding.decode(encoding.empty)).toEqual({ values: {} })
    }
  })
})

describe('checking at the assignment', () => {
  test('a value that would not come back gives a warning there, if that is wanted, and never throws', () => {
    const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    encodingOf({ checksAssignments: false }).checkAssigned('handler', () => 1)
    encodingOf({ checksAssignments: true }).checkAssigned('cart', [])
    expect(emit).not.toHaveBeenCalled()
    for (let round = 0; round < 2; round += 1) {
      encodingOf({ checksAssignments: true }).checkAssigned('handler', () => 1)
    }
    const message = expect.stringMatching(/^Expected `session\.handler` .*, got a function\. Store .*\.$/)
    expect(emit.mock.calls).toEqual([[message, { type: 'SojournWarning', code: 'SOJOURN_VALUE' }]])
    emit.mockRestore()
  })
})

describe('reading a record that is not sealed', () => {
  test('data is read, whichever codec wrote it, and no rewrite is due', () => {
    expect(encodingOf().write(text, id, frame)).toBe(text)
    for (const data of [text, structuredCodec.encode(contents)]) {
      expect(encodingOf().read(recordOf(data), id)).toEqual({
        ...{ text: data, contents, isResealDue: false, refused: undefined },
      })
    }
  })

  test.each(oddData())('%o is unreadable, and nothing throws', data => {
    expect(encodingOf().read(recordOf(data), id)).toEqual({ refused: 'unreadable' })
    // With sealing, bytes that do not open count as tampered.
    const refused = data instanceof Uint8Array ? 'tampered' : 'unreadable'
    expect(encodingOf({ sealer: sealerOf('server') }).read(recordOf(data), id)).toEqual({ refused })
  })

  test('names that are never data are left out', () => {
    const data = '{"__proto__":{"isAdmin":true},"constructor":1,"save":1,"cart":1}'
    const { contents: read } = encodingOf().read(recordOf(data), id)
    expect(Object.keys(read?.values ?? {})).toEqual(['cart'])
    expect(Object(read?.values).isAdmin).toBeUndefined()
  })

  test('sealed data is read, and is due to be written unsealed', () => {
    const sealer = sealerOf('server')
    const sealed = encodingOf({ sealer, isSealing: true }).write(text, id, frame)
    expect(encodingOf({ sealer }).read(recordOf(sealed), id)).toMatchObject({ text, contents })
    expect(encodingOf().read(recordOf(sealed), id)).toEqual({ refused: 'unreadable' })
  })
})

describe.each(['server', 'visitor'] as const)('reading a record that is sealed for the %s', mode => {
  const encoding = encodingOf({ sealer: sealerOf(mode), isSealing: true })
  const sealed = encoding.write(text, id, frame)

  test('data is read, and cannot be read in the store', () => {
    expect(encoding.read(recordOf(sealed), id)).toMatchObject({ text, contents, isResealDue: false })
    expect(Buffer.from(sealed).toString('latin1')).not.toContain('cart')
  })

  test.each([text, ...oddData()])('%o, which is not sealed, is not read', data => {
    const reading = encoding.read(recordOf(data), id)
    expect(['unreadable', 'tampered']).toContain(reading.refused)
    expect(Object.keys(reading)).toEqual(['refused'])
  })

  test.each<[string, Partial<SessionRecord<unknown>>]>([
    ['key', { key: 'o'.repeat(43) }],
    ['version', { version: 8 }],
    ['beginning', { createdAt: 2 }],
    ['subject', { subject: 'bob' }],
    ['subject, which is none', { subject: undefined }],
    ['sign-in', { authenticatedAt: 3 }],
    ['epoch', { epoch: 4 }],
    ['rotation', { rotation: '{}' }],
  ])('under another %s it counts as tampered', (_field, change) => {
    expect(encoding.read({ ...recordOf(sealed), ...change }, id)).toEqual({ refused: 'tampered' })
  })

  test('the seal does not cover fields that change without a write', () => {
    const moved = { ...recordOf(sealed), touchedAt: 8, expiresAt: 9, device: '{}' }
    expect(encoding.read(moved, id)).toMatchObject({ text })
  })

  test('under another cookie name it counts as tampered', () => {
    const other = encodingOf({ sealer: sealerOf(mode), isSealing: true, cookieName: 'other' })
    expect(other.read(recordOf(sealed), id)).toEqual({ refused: 'tampered' })
  })

  test('without an id only data sealed for the server opens', () => {
    const reading = encoding.read(recordOf(sealed), undefined)
    if (mode === 'server') expect(reading).toMatchObject({ text })
    else expect(reading).toEqual({ refused: 'unreadable' })
  })

  test('data sealed in the other mode is due to be sealed again', () => {
    const other = mode === 'server' ? 'visitor' : 'server'
    const reading = encodingOf({ sealer: sealerOf(other), isSealing: true }).read(recordOf(sealed), id)
    expect(reading).toMatchObject({ text, isResealDue: true })
  })

  test('text that no codec wrote is unreadable, even with a right seal', () => {
    for (const odd of ['', 'null', '{', '1']) {
      const record = recordOf(encoding.write(odd, id, frame))
      expect(encoding.read(record, id)).toEqual({ refused: 'unreadable' })
    }
  })
})

function oddData(): unknown[] {
  return [
    ...['', ' ', 'null', 'true', '1', '"text"', '[]', '[1', '{', '{"a":1}x', '\0', undefined, null, 0, true],
    ...[{}, [], { cart: 1 }, new Uint8Array(), new Uint8Array(64), new Date(0), () => text],
  ]
}

function encodingOf(options: Partial<EncodingOptions> = {}): Encoding {
  return new Encoding({
    ...{ codec: strictJsonCodec, cookieName: 'connect.sid', sealer: undefined, isSealing: false },
    ...{ sizeLimit: 100_000, onOversize: 'warn', checksAssignments: true, ...options },
  })
}

function sealerOf(mode: 'server' | 'visitor'): Sealer {
  return new Sealer(KeyRing.of([{ id: '2030-01', secret }], fakeClock()), mode)
}

function recordOf(data: unknown): SessionRecord<unknown> {
  return { ...frame, touchedAt: 1, expiresAt: 2, device: undefined, data }
}

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
