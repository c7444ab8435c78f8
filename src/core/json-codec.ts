import { SojournError } from './errors.ts'

/** What the application put into a session, as it sees it. */
export interface SessionValues {
  [name: string]: unknown
}

/** A session's data as a record holds it: the values, and the lifetime when it is the session's own. */
export interface SessionContents {
  readonly values: SessionValues
  readonly originalMaxAge?: number | null | undefined
}

/** Turns a session's contents into text and back. */
export interface Codec {
  encode(contents: SessionContents): string
  decode(data: string): SessionContents
}

/**
 * JSON in the shape that express-session's stores keep. `cookie` is a name that no application can use for
 * its data, and so the one place for a lifetime that differs from the configured one.
 */
export const jsonCodec: Codec = {
  encode({ values, originalMaxAge }) {
    try {
      return JSON.stringify(originalMaxAge === undefined ? values : { cookie: { originalMaxAge }, ...values })
    } catch (cause) {
      throw unsupportedValue(values, cause)
    }
  },

  decode(data) {
    const values = parseObject(data)
    const { cookie } = values
    for (const name of Object.keys(values)) if (isReserved(name)) delete values[name]
    return cookie === undefined ? { values } : { values, originalMaxAge: lifetimeOf(cookie) }
  },
}

// `hasOwnProperty`, `__proto__` and their like are never data: a stored record must not be able to give a
// session methods or a prototype. The other names are express-session's own.
const reserved = new Set<string | symbol>([
  ...['cookie', 'id', 'req', 'touch', 'resetMaxAge', 'save', 'reload', 'destroy', 'regenerate'],
  ...Object.getOwnPropertyNames(Object.prototype),
])

/** Whether a name can never hold an application's data in a session. */
export function isReserved(name: string | symbol): boolean {
  return reserved.has(name)
}

function lifetimeOf(cookie: unknown): number | null {
  const maxAge: unknown =
    typeof cookie === 'object' && cookie !== null ? Reflect.get(cookie, 'originalMaxAge') : null
  return typeof maxAge === 'number' ? maxAge : null
}

function parseObject(data: string): SessionValues {
  const parsed: unknown = parse(data)
  // A JSON object has nothing but names and values.
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as SessionValues
  throw corruptRecord(new TypeError('The data is no JSON object.'))
}

function parse(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    // The parser's own message would quote the data.
    throw corruptRecord(new SyntaxError('The data is not JSON.'))
  }
}

function corruptRecord(cause: Error): SojournError {
  return new SojournError(
    'RECORD_CORRUPT',
    'Expected a stored session to hold JSON, but it cannot be read. See `cause`.',
    { cause },
  )
}

function unsupportedValue(values: SessionValues, cause: unknown): SojournError {
  const name = Object.keys(values).find(key => !isEncodable(values[key]))
  return new SojournError(
    'VALUE_UNSUPPORTED',
    `Expected \`session.${name}\` to be a value that JSON can hold, without a BigInt or a cycle. Store a string or a number instead.`,
    { cause },
  )
}

function isEncodable(value: unknown): boolean {
  try {
    JSON.stringify(value)
    return true
  } catch {
    return false
  }
}
