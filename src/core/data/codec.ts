import { SojournError } from '../report/errors.ts'
import type { ValueRules } from './unsupported-value.ts'

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
  /** The name by which an application chooses it. */
  readonly name: 'json' | 'structured'
  /** Which values come back as they were. */
  readonly whole: ValueRules

  /**
   * Writes contents down. The same contents give the same text, and contents that were read give the text
   * that was read, so that texts tell whether anything has changed. Names that are symbols are left out.
   *
   * @throws SojournError `VALUE_UNSUPPORTED` for a value that it cannot hold. The message has its path, and
   *   never the value.
   */
  encode(contents: SessionContents): string

  /**
   * Reads what it has written. What another codec has written is read by `decodeAny`. Reserved names are left out.
   *
   * @throws SojournError `RECORD_CORRUPT` for any other text. Neither the message nor the cause quotes it.
   */
  decode(data: string): SessionContents
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

/** What is wrong with data under a name that every session has itself. */
export function reservedNameError(name: string | symbol): SojournError {
  const shown = String(name)
  return new SojournError(
    'NAME_RESERVED',
    `Expected a name that a session can hold, got \`${shown}\`, which is a name of its own in every session. Choose another one, such as \`my_${shown}\`.`,
  )
}

/**
 * Makes one object of contents. `cookie` is a name that no application can use for its data, and so the one
 * place for a lifetime that differs from the configured one.
 */
export function joinContents({ values, originalMaxAge }: SessionContents): SessionValues {
  return originalMaxAge === undefined ? values : { cookie: { originalMaxAge }, ...values }
}

/** Makes contents of one object again, which it takes over. */
export function splitContents(values: SessionValues): SessionContents {
  const { cookie } = values
  for (const name of Object.keys(values)) if (isReserved(name)) delete values[name]
  return cookie === undefined ? { values } : { values, originalMaxAge: lifetimeOf(cookie) }
}

/** Reads JSON, of which the parser's own message would quote the data. */
export function parseJson(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    throw corruptRecord(new SyntaxError('The data is not JSON.'))
  }
}

/** The error of a codec for data that it has not written. The cause must not quote the data. */
export function corruptRecord(cause: Error): SojournError {
  return new SojournError(
    'RECORD_CORRUPT',
    'Expected a stored session to hold what a codec has written, but it cannot be read. See `cause`.',
    { cause },
  )
}

function lifetimeOf(cookie: unknown): number | null {
  const maxAge: unknown = Reflect.get(Object(cookie), 'originalMaxAge')
  return typeof maxAge === 'number' && Number.isFinite(maxAge) ? maxAge : null
}
