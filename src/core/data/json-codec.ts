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
 * JSON in the shape that express-session's stores keep. It takes what `JSON.stringify` takes, as they do, and
 * so an application can go on that stores documents and dates and reads them as text.
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

/** The same JSON, for values that it gives back as they were; others are refused instead of changed. */
export const strictJsonCodec: Codec = {
  ...jsonCodec,

  encode(contents) {
    checkValues(contents.values, strictJsonRules)
    return jsonCodec.encode(contents)
  },
}

/** A function of that name is no data, and would decide what is stored: the text might be no object's. */
function withoutToJson(values: SessionValues): SessionValues {
  return typeof values.toJSON === 'function' ? { ...values, toJSON: undefined } : values
}

function parseObject(data: string): SessionValues {
  const parsed: unknown = parseJson(data)
  // A JSON object has nothing but names and values.
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as SessionValues
  throw corruptRecord(new TypeError('The data is no JSON object.'))
}
