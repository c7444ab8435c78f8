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
 * Holds what JSON cannot: dates, maps, sets, big integers, `undefined`, bytes, regular expressions, addresses,
 * every number, cycles, and objects that stand in several places. They come back as they were.
 */
export const structuredCodec: Codec = {
  name: 'structured',
  whole: structuredRules,

  encode(contents) {
    checkValues(contents.values, structuredRules)
    try {
      return stringify(named(contents), reducers, { operations })
    } catch {
      // The library's error carries the data with it, so it is no cause.
      throw unwritableValues(structuredRules)
    }
  },

  decode(data) {
    return splitContents(revive(flatObjects(data)))
  },
}

// A `Buffer` would come back as a `Uint8Array`.
const reducers = { Buffer: (value: unknown) => (Buffer.isBuffer(value) ? new Uint8Array(value) : undefined) }
const revivers = { Buffer: bufferOf }

// A view stands on a buffer that may hold anything: Node puts small ones of unrelated origin on one. Only
// what the view shows is stored.
const operations = {
  viewInfo(view: ArrayBufferView) {
    const { buffer, byteOffset, byteLength } = view
    const isWhole = byteLength === buffer.byteLength
    const shown = isWhole ? buffer : buffer.slice(byteOffset, byteOffset + byteLength)
    return { ...defaultStringifyOperations.viewInfo(view), buffer: shown, bufferByteLength: byteLength }
  },
}

/** The library refuses names that are symbols, which a session may have and never stores. */
function named({ values, originalMaxAge }: SessionContents): SessionValues {
  return joinContents({ values: Object.fromEntries(Object.entries(values)), originalMaxAge })
}

/** The library writes a list of objects that name each other by their places. The first is the whole. */
function flatObjects(data: string): unknown[] {
  const parsed = parseJson(data)
  const flat: unknown[] = Array.isArray(parsed) ? parsed : []
  const [whole] = flat
  if (typeof whole === 'object' && whole !== null && !Array.isArray(whole)) {
    // The library refuses the name, and the codecs leave out reserved ones.
    Reflect.deleteProperty(whole, '__proto__')
    return flat
  }
  throw corruptRecord(new TypeError('The data is no structured object.'))
}

function revive(flat: unknown[]): SessionValues {
  try {
    return unflatten(flat, revivers)
  } catch {
    // The library's message would quote the data, and a stack that ends tells nothing.
    throw corruptRecord(new TypeError('The data holds something that is not written so.'))
  }
}

function bufferOf(bytes: unknown): Buffer {
  if (bytes instanceof Uint8Array) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  throw new TypeError('Expected bytes.')
}
