import { SojournError } from '../report/errors.ts'
import type { ValueRules } from './unsupported-value.ts'

/** The application's data in a session. */
export interface SessionValues {
  [name: string]: unknown
}

/** The contents of a record: the values, and the `maxAge` if the session has its own. */
export interface SessionContents {
  readonly values: SessionValues
  readonly originalMaxAge?: number | null | undefined
}

/** Turns a session's contents into text and back. */
export interface Codec {
  /** The name in the option `codec`. */
  readonly name: 'json' | 'structured'
  /** The values that a round trip does not change. */
  readonly whole: ValueRules

  /**
   * Encodes contents as text. Equal contents give equal texts, and decoded contents give the text that they came from,
   * so that a comparison of texts finds changes. Symbols as names are left out.
   *
   * @throws SojournError `VALUE_UNSUPPORTED` for a value that the codec cannot hold. The message shows its path, and
   *   never the value.
   */
  encode(contents: SessionContents): string

  /**
   * Decodes text of this codec; `decodeAny` decodes text of any codec. Reserved names are left out.
   *
   * @throws SojournError `RECORD_CORRUPT` for any other text. Neither the message nor the cause quotes it.
   */
  decode(data: string): SessionContents
}

// Names such as `hasOwnProperty` and `__proto__` are never data: a stored record must not be able to give a session
// methods or a prototype. The other names are members of express-session's sessions.
const reserved = new Set<string | symbol>([
  ...['cookie', 'id', 'req', 'touch', 'resetMaxAge', 'save', 'reload', 'destroy', 'regenerate'],
  ...Object.getOwnPropertyNames(Object.prototype),
])

/** Whether an application cannot use a name for data. */
export function isReserved(name: string | symbol): boolean {
  return reserved.has(name)
}

/** The error for data under a reserved name. */
export function reservedNameError(name: string | symbol): SojournError {
  const shown = String(name)
  return new SojournError(
    'NAME_RESERVED',
    `Expected a name that is free for data, got \`${shown}\`, which every session has itself. Choose another one, such as \`my_${shown}\`.`,
  )
}

/**
 * Makes one object from contents. A `maxAge` that differs from the configured one goes into `cookie`, a name that
 * applications cannot use for data.
 */
export function joinContents({ values, originalMaxAge }: SessionContents): SessionValues {
  return originalMaxAge === undefined ? values : { cookie: { originalMaxAge }, ...values }
}

/** Makes contents from one object. It changes the object. */
export function splitContents(values: SessionValues): SessionContents {
  const { cookie } = values
  for (const name of Object.keys(values)) if (isReserved(name)) delete values[name]
  return cookie === undefined ? { values } : { values, originalMaxAge: lifetimeOf(cookie) }
}

/** Parses JSON, without the parser's own error, whose message quotes the data. */
export function parseJson(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    throw corruptRecord(new SyntaxError('The data is not JSON.'))
  }
}

/** The error of a codec for text that it cannot decode. The cause must not quote the data. */
export function corruptRecord(cause: Error): SojournError {
  return new SojournError(
    'RECORD_CORRUPT',
    'Expected a stored session in the format of a codec, but it cannot be decoded. See `cause`.',
    { cause },
  )
}

function lifetimeOf(cookie: unknown): number | null {
  const maxAge: unknown = Reflect.get(Object(cookie), 'originalMaxAge')
  return typeof maxAge === 'number' && Number.isFinite(maxAge) ? maxAge : null
}
