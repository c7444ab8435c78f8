import type { Codec, SessionContents, SessionValues } from './codec.ts'
import { tooLargeError } from './errors.ts'
import { jsonCodec } from './json-codec.ts'
import type { Opened, SealContext, Sealer } from './sealer.ts'
import type { EncodedData, SessionRecord } from './store.ts'
import { structuredCodec } from './structured-codec.ts'
import { lossIn } from './value-check.ts'
import { warnOnce, warnTooLarge } from './warnings.ts'

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
    if (Object.hasOwn(one, name) && Object.hasOwn(other, name)) {
      return Object.is(one[name], other[name]) || this.#options.codec.isSameValue(one[name], other[name])
    }
    return this.#isAbsent(name, one) && this.#isAbsent(name, other)
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
    // The usual case, made cheap.
    if (typeof data === 'string' && !this.#options.isSealing) return readText(data, false)
    const opened = this.#open(record, id)
    return 'refused' in opened ? opened : readText(opened.text, opened.isResealDue)
  }

  #open(record: SessionRecord<unknown>, id: string | undefined): Opened | RefusedData {
    const { data } = record
    const { sealer } = this.#options
    // Text that nobody has sealed is what somebody may have put there who has no key.
    if (!(data instanceof Uint8Array) || sealer === undefined) return { refused: 'unreadable' }
    const context = this.#contextOf(record, id)
    if (!isAuthenticable(context)) return { refused: 'unreadable' }
    const opened = sealer.open(data, context)
    if (typeof opened === 'object') return opened
    return { refused: opened === 'tampered' ? 'tampered' : 'unreadable' }
  }

  #contextOf(frame: RecordFrame, id: string | undefined): SealContext {
    const { key, version, createdAt, subject, authenticatedAt, epoch, rotation } = frame
    const bound = [createdAt, subject, authenticatedAt, epoch, rotation]
    return { id, key, version, cookieName: this.#options.cookieName, bound }
  }

  /** A name that holds nothing is absent for a codec that does not keep it. */
  #isAbsent(name: string, values: SessionValues): boolean {
    if (!Object.hasOwn(values, name)) return true
    return values[name] === undefined && this.encode({ values: { [name]: undefined } }) === this.empty
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

/** The text of contents in a codec that is not the configured one; undefined where it cannot hold them. */
function textIn(codec: Codec, contents: SessionContents): string | undefined {
  try {
    return codec.encode(contents)
  } catch {
    return undefined
  }
}

/** Whether every field is of a kind that was ever sealed: a database may answer null, or what somebody made of it. */
function isAuthenticable({ key, version, bound }: SealContext): boolean {
  const kinds = ['string', 'number', 'undefined']
  return [key, version, ...bound].every(field => kinds.includes(typeof field))
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
