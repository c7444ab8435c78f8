import {
  type Codec,
  corruptRecord,
  joinContents,
  parseJson,
  type SessionValues,
  splitContents,
} from './codec.ts'
import { checkValues, unwritableValues } from './value-check.ts'
import { lenientJsonRules, strictJsonRules } from './value-rules.ts'

/**
 * JSON in the format of express-session's stores. Like them, it accepts everything that `JSON.stringify` accepts, so that
 * an application that stores documents and dates, and reads them back as plain data, still works.
 */
export const jsonCodec: Codec = {
  name: 'json',
  whole: strictJsonRules,

  encode(contents) {
    const stored = joinContents(contents)
    try {
      return JSON.stringify(withoutToJson(stored))
    } catch (cause) {
      checkValues(contents.values, lenientJsonRules, cause)
      throw unwritableValues(lenientJsonRules, cause)
    }
  },

  decode(data) {
    return splitContents(parseObject(data))
  },
}

/** The same JSON, but it refuses values that a round trip would change. */
export const strictJsonCodec: Codec = {
  ...jsonCodec,

  encode(contents) {
    checkValues(contents.values, strictJsonRules)
    return jsonCodec.encode(contents)
  },
}

/** Removes a `toJSON` function of the session itself, which would decide the whole text, and might not give an object. */
function withoutToJson(values: SessionValues): SessionValues {
  return typeof values.toJSON === 'function' ? { ...values, toJSON: undefined } : values
}

function parseObject(data: string): SessionValues {
  const parsed: unknown = parseJson(data)
  // A parsed JSON object has only names and values.
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as SessionValues
  throw corruptRecord(new TypeError('The data is no JSON object.'))
}
