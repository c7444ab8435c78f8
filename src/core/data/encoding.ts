import type { EncodedData, SessionRecord } from '../record/store.ts'
import { tooLargeError } from '../report/errors.ts'
import { warnOnce, warnTooLarge } from '../report/warnings.ts'
import type { Codec, SessionContents, SessionValues } from './codec.ts'
import { jsonCodec } from './json-codec.ts'
import type { SealContext, Sealer } from './sealer.ts'
import { structuredCodec } from './structured-codec.ts'
import { lossIn } from './value-check.ts'

const brace = 0x7b

/** What stands in a record beside its data, and is bound to it where the data is sealed. */
export type RecordFrame = Omit<SessionRecord<unknown>, 'data' | 'touchedAt' | 'expiresAt' | 'device'>

/**
 * What a record's data turned out to be: the session's contents and text, or why there are none. What is
 * `tampered` was sealed here and then changed. What is `unreadable` may be somebody else's, or a later
 * version's, and is left where it is.
 */
export type Reading = ReadData | RefusedData

/** Data that could be read. */
export interface ReadData {
  readonly text: string
  readonly contents: SessionContents
  /** Whether the next write makes the record better: by the newest key, or by sealing in the first place. */
  readonly isResealDue: boolean
  readonly refused?: undefined
}

interface RefusedData {
  readonly text?: undefined
  readonly contents?: undefined
  readonly refused: 'tampered' | 'unreadable'
}

/** With what data is written, and from when on what is assigned is looked at. */
export interface EncodingOptions {
  readonly codec: Codec
  readonly cookieName: string
  /** Opens what was sealed; undefined where nothing can have been. */
  readonly sealer: Sealer | undefined
  /** Whether what is written is sealed, and nothing else is read. */
  readonly isSealing: boolean
  /** Whether values are checked where they are assigned, and not only when they are stored. */
  readonly checksAssignments: boolean
  /** How many bytes of text a session should have at most, and what one is that has more. */
  readonly sizeLimit: number
  readonly onOversize: 'warn' | 'fail'
}

/** Turns what a session holds into what its record holds, and back. */
export class Encoding {
  /** The text of a session that holds nothing. */
  readonly empty: string
  readonly #options: EncodingOptions

  constructor(options: EncodingOptions) {
    this.#options = options
    this.empty = options.codec.encode({ values: {} })
  }

  /** Writes values as text. Two texts of one codec are equal when nothing has changed. */
  encode(contents: SessionContents): string {
    return this.#options.codec.encode(contents)
  }

  /** Writes values as text when they differ from what a text says that may be another codec's. */
  encodeChanged(contents: SessionContents, stored: string): string | undefined {
    const { codec } = this.#options
    if (writerOf(stored).name !== codec.name && isAsStored(contents, stored)) return undefined
    const encoded = codec.encode(contents)
    return encoded === stored ? undefined : encoded
  }

  /**
   * Answers the text that is about to be stored, unless it is longer than the application wants any to be.
   *
   * @throws SojournError `SESSION_TOO_LARGE`, where that is no warning.
   */
  sized<Text extends string | undefined>(text: Text): Text {
    const { sizeLimit, onOversize } = this.#options
    // No text has more than three bytes for each of its units, which are counted already.
    if (text === undefined || text.length * 3 <= sizeLimit || Buffer.byteLength(text) <= sizeLimit)
      return text
    if (onOversize === 'fail') throw tooLargeError(sizeLimit)
    warnTooLarge(sizeLimit)
    return text
  }

  /** Reads text, whichever codec has written it. */
  decode(text: string): SessionContents {
    return decodeAny(text)
  }

  /** Whether two sets of values have the same under a name, as far as can be stored. */
  isSame(name: string, one: SessionValues, other: SessionValues): boolean {
    const areBothThere = Object.hasOwn(one, name) && Object.hasOwn(other, name)
    if (areBothThere && Object.is(one[name], other[name])) return true
    const text = this.#textOf(name, one)
    // A value that cannot be stored differs from every other.
    return text !== undefined && text === this.#textOf(name, other)
  }

  /**
   * Warns of a value that will not come back as it is, at the line that assigns it, where that is wanted. That costs a
   * walk through the value, so it is for development.
   */
  checkAssigned(name: string, value: unknown): void {
    const { codec, checksAssignments } = this.#options
    const loss = checksAssignments ? lossIn(name, value, codec.whole) : undefined
    if (loss !== undefined) warnOnce('SOJOURN_VALUE', loss)
  }

  /** Makes of text what goes into a record. */
  write(text: string, id: string, frame: RecordFrame): EncodedData {
    const { sealer, isSealing } = this.#options
    return sealer !== undefined && isSealing ? sealer.seal(text, this.#contextOf(frame, id)) : text
  }

  /** Reads a record's data, whatever somebody may have made of it. Without an id, what only a visitor opens is not. */
  read(record: SessionRecord<unknown>, id: string | undefined): Reading {
    const { data } = record
    const { sealer, isSealing } = this.#options
    // The usual case, made cheap.
    if (typeof data === 'string' && !isSealing) return readText(data, false)
    const context = this.#contextOf(record, id)
    // Text that nobody has sealed is what somebody may have put there who has no key.
    const isOpenable = data instanceof Uint8Array && isAuthenticable(context)
    const opened = isOpenable ? sealer?.open(data, context) : undefined
    if (typeof opened === 'object') return readText(opened.text, opened.isResealDue)
    return { refused: opened === 'tampered' ? 'tampered' : 'unreadable' }
  }

  #contextOf(frame: RecordFrame, id: string | undefined): SealContext {
    const { key, version, createdAt, subject, authenticatedAt, epoch, rotation } = frame
    const bound = [createdAt, subject, authenticatedAt, epoch, rotation]
    return { id, key, version, cookieName: this.#options.cookieName, bound }
  }

  /** What is stored of one name. One that holds nothing is as good as absent for a codec that does not keep it. */
  #textOf(name: string, values: SessionValues): string | undefined {
    const own = Object.hasOwn(values, name) ? { [name]: values[name] } : {}
    return textIn(this.#options.codec, { values: own })
  }
}

/**
 * Whether contents are still what another codec has written. What JSON writes down as the same, such as a date
 * and its text, the structured codec tells apart.
 */
function isAsStored(contents: SessionContents, stored: string): boolean {
  const writer = writerOf(stored)
  if (textIn(writer, contents) !== stored) return false
  const before = textIn(structuredCodec, writer.decode(stored))
  // What even that codec cannot write has no better measure than its own.
  return before === undefined || before === textIn(structuredCodec, contents)
}

/** The text of contents in a codec; undefined where it cannot hold them. */
function textIn(codec: Codec, contents: SessionContents): string | undefined {
  try {
    return codec.encode(contents)
  } catch {
    return undefined
  }
}

/** Whether every field is of a kind that was ever sealed: a database may answer null, or what somebody made of it. */
function isAuthenticable({ key, version, bound }: SealContext): boolean {
  return [key, version, ...bound].every(field => ['string', 'number', 'undefined'].includes(typeof field))
}

function readText(text: string, isResealDue: boolean): Reading {
  try {
    return { text, contents: decodeAny(text), isResealDue, refused: undefined }
  } catch {
    return { refused: 'unreadable' }
  }
}

/**
 * Reads what any codec has written, so that an application can change its codec while sessions go on.
 *
 * @throws SojournError `RECORD_CORRUPT` for what no codec has written.
 */
export function decodeAny(data: string): SessionContents {
  return writerOf(data).decode(data)
}

/**
 * Answers the codec that has written a text. The text decides: JSON is always an object, structured data is
 * always a list, and neither codec reads the other's.
 */
export function writerOf(data: string): Codec {
  // Asked for each session that is read, and nearly always answered by the first character.
  if (data.charCodeAt(0) === brace) return jsonCodec
  // A database may put white space in front.
  return data.trimStart().startsWith('[') ? structuredCodec : jsonCodec
}
