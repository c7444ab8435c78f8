import { defaultStringifyOperations, stringify, unflatten } from 'devalue'
import {
  type Codec,
  corruptRecord,
  joinContents,
  parseJson,
  type SessionContents,
  type SessionValues,
  splitContents,
} from './codec.ts'
import { checkValues, unwritableValues } from './value-check.ts'
import { structuredRules } from './value-rules.ts'

/**
 * Holds values that JSON cannot: dates, maps, sets, BigInts, `undefined`, bytes, regular expressions, URLs, all numbers,
 * cycles, and objects with several references to them. A round trip does not change them.
 */
export const structuredCodec: Codec = {
  name: 'structured',
  whole: structuredRules,

  encode(contents) {
    checkValues(contents.values, structuredRules)
    try {
      return stringify(named(contents), reducers, { operations })
    } catch {
      // The library's error contains the data, so it must not become the cause.
      throw unwritableValues(structuredRules)
    }
  },

  decode(data) {
    return splitContents(revive(flatObjects(data)))
  },
}

// Without these, a `Buffer` would become a `Uint8Array`.
const reducers = { Buffer: (value: unknown) => (Buffer.isBuffer(value) ? new Uint8Array(value) : undefined) }
const revivers = { Buffer: bufferOf }

// Stores only the bytes of a view, and not its whole buffer, which may hold unrelated data: Node's small buffers share
// a pool.
const operations = {
  viewInfo(view: ArrayBufferView) {
    const { buffer, byteOffset, byteLength } = view
    const isWhole = byteLength === buffer.byteLength
    const shown = isWhole ? buffer : buffer.slice(byteOffset, byteOffset + byteLength)
    return { ...defaultStringifyOperations.viewInfo(view), buffer: shown, bufferByteLength: byteLength }
  },
}

/** Removes symbols as names, which the library refuses. A session may have them, and never stores them. */
function named({ values, originalMaxAge }: SessionContents): SessionValues {
  return joinContents({ values: Object.fromEntries(Object.entries(values)), originalMaxAge })
}

/** Parses the library's format: an array of objects that refer to each other by index. The first is the root. */
function flatObjects(data: string): unknown[] {
  const parsed = parseJson(data)
  const flat: unknown[] = Array.isArray(parsed) ? parsed : []
  const [whole] = flat
  if (typeof whole === 'object' && whole !== null && !Array.isArray(whole)) {
    // Removed here, because the library would throw for it. Codecs leave out reserved names.
    Reflect.deleteProperty(whole, '__proto__')
    return flat
  }
  throw corruptRecord(new TypeError('The data is no structured object.'))
}

function revive(flat: unknown[]): SessionValues {
  try {
    return unflatten(flat, revivers)
  } catch {
    // The library's error is not the cause, because its message quotes the data.
    throw corruptRecord(new TypeError('The data holds something that is not written so.'))
  }
}

function bufferOf(bytes: unknown): Buffer {
  if (bytes instanceof Uint8Array) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  throw new TypeError('Expected bytes.')
}
