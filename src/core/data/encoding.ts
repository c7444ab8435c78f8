import type { EncodedData, SessionRecord } from '../record/store.ts'
import { tooLargeError } from '../report/errors.ts'
import { warnOnce, warnTooLarge } from '../report/warnings.ts'
import type { Codec, SessionContents, SessionValues } from './codec.ts'
import { jsonCodec } from './json-codec.ts'
import type { SealContext, Sealer } from './sealer.ts'
import { structuredCodec } from './structured-codec.ts'
import { lossIn } from './value-check.ts'

const brace = 0x7b

/** The fields of a record that encrypted data is bound to. */
export type RecordFrame = Omit<SessionRecord<unknown>, 'data' | 'touchedAt' | 'expiresAt' | 'device'>

/**
 * The result of reading a record's data: the contents and the text, or the reason for a refusal. `tampered`: the data was
 * encrypted here and then changed. `unreadable`: the data may come from other software or from a later version, and the
 * record stays in the store.
 */
export type Reading = ReadData | RefusedData

/** Readable data. */
export interface ReadData {
  readonly text: string
  readonly contents: SessionContents
  /** Whether the data should be encrypted again: with the newest key, or in the configured mode. */
  readonly isResealDue: boolean
  readonly refused?: undefined
}

interface RefusedData {
  readonly text?: undefined
  readonly contents?: undefined
  readonly refused: 'tampered' | 'unreadable'
}

/** The settings of an encoding. */
export interface EncodingOptions {
  readonly codec: Codec
  readonly cookieName: string
  /** Encrypts and decrypts; undefined without keys, and for a store that keeps sessions. */
  readonly sealer: Sealer | undefined
  /** Whether data is encrypted. Data that is not encrypted is then not read. */
  readonly isSealing: boolean
  /** Whether values are checked when they are assigned, and not only when they are stored. */
  readonly checksAssignments: boolean
  /** The maximum size of a session as text, in bytes, and what happens to a larger one. */
  readonly sizeLimit: number
  readonly onOversize: 'warn' | 'fail'
}

/** Converts the contents of a session into the data of its record, and back. */
export class Encoding {
  /** The text of an empty session. */
  readonly empty: string
  readonly #options: EncodingOptions

  constructor(options: EncodingOptions) {
    this.#options = options
    this.empty = options.codec.encode({ values: {} })
  }

  /** Encodes contents as text. Two texts of one codec are equal if nothing has changed. */
  encode(contents: SessionContents): string {
    return this.#options.codec.encode(contents)
  }

  /** Encodes contents, if they differ from the stored text, which another codec may have written. Else undefined. */
  encodeChanged(contents: SessionContents, stored: string): string | undefined {
    const { codec } = this.#options
    if (writerOf(stored).name !== codec.name && isAsStored(contents, stored)) return undefined
    const encoded = codec.encode(contents)
    return encoded === stored ? undefined : encoded
  }

  /**
   * Checks the size of a text that is about to be stored, and returns the text.
   *
   * @throws SojournError `SESSION_TOO_LARGE`, unless `onOversize` is 'warn'.
   */
  sized<Text extends string | undefined>(text: Text): Text {
    const { sizeLimit, onOversize } = this.#options
    // A UTF-16 unit has at most three bytes in UTF-8, so for most texts the length is enough.
    if (text === undefined || text.length * 3 <= sizeLimit || Buffer.byteLength(text) <= sizeLimit)
      return text
    if (onOversize === 'fail') throw tooLargeError(sizeLimit)
    warnTooLarge(sizeLimit)
    return text
  }

  /** Decodes text of any codec. */
  decode(text: string): SessionContents {
    return decodeAny(text)
  }

  /** Whether two sets of values have equal values under a name, compared as they would be stored. */
  isSame(name: string, one: SessionValues, other: SessionValues): boolean {
    const areBothThere = Object.hasOwn(one, name) && Object.hasOwn(other, name)
    if (areBothThere && Object.is(one[name], other[name])) return true
    const text = this.#textOf(name, one)
    // A value that cannot be stored differs from every other value.
    return text !== undefined && text === this.#textOf(name, other)
  }

  /**
   * Warns about a value that a round trip would change, at the line that assigns it. This walks through the whole value,
   * so it runs only in development.
   */
  checkAssigned(name: string, value: unknown): void {
    const { codec, checksAssignments } = this.#options
    const loss = checksAssignments ? lossIn(name, value, codec.whole) : undefined
    if (loss !== undefined) warnOnce('SOJOURN_VALUE', loss)
  }

  /** Converts text into the data of a record, and encrypts it if configured. */
  write(text: string, id: string | undefined, frame: RecordFrame): EncodedData {
    const { sealer, isSealing } = this.#options
    return sealer !== undefined && isSealing ? sealer.seal(text, this.#contextOf(frame, id)) : text
  }

  /** Reads a record's data, whatever it is. Without an id, data in mode 'visitor' is unreadable. */
  read(record: SessionRecord<unknown>, id: string | undefined): Reading {
    const { data } = record
    const { sealer, isSealing } = this.#options
    // The fast path for the usual case.
    if (typeof data === 'string' && !isSealing) return readText(data, false)
    const context = this.#contextOf(record, id)
    // Unencrypted text is refused, because an attacker without a key may have written it.
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

  /** The stored text of one name. For JSON, a name with the value undefined is the same as an absent one. */
  #textOf(name: string, values: SessionValues): string | undefined {
    const own = Object.hasOwn(values, name) ? { [name]: values[name] } : {}
    return textIn(this.#options.codec, { values: own })
  }
}

/**
 * Whether contents are unchanged since another codec has written them. JSON gives the same text for a date and for its
 * string, so the structured codec compares them too.
 */
function isAsStored(contents: SessionContents, stored: string): boolean {
  const writer = writerOf(stored)
  if (textIn(writer, contents) !== stored) return false
  const before = textIn(structuredCodec, writer.decode(stored))
  // If the structured codec cannot encode the values either, the writer's comparison has to be enough.
  return before === undefined || before === textIn(structuredCodec, contents)
}

/** The text of contents in a codec; undefined if the codec cannot hold them. */
function textIn(codec: Codec, contents: SessionContents): string | undefined {
  try {
    return codec.encode(contents)
  } catch {
    return undefined
  }
}

/** Whether every field has a type that can be authenticated. A changed database may return null or anything else. */
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
 * Decodes text of any codec, so that an application can change its codec and keep its sessions.
 *
 * @throws SojournError `RECORD_CORRUPT` for any other text.
 */
export function decodeAny(data: string): SessionContents {
  return writerOf(data).decode(data)
}

/**
 * Returns the codec that has written a text. The first character decides: JSON text is always an object, structured text
 * is always an array.
 */
export function writerOf(data: string): Codec {
  // A fast path, because this runs for each session that is loaded.
  if (data.charCodeAt(0) === brace) return jsonCodec
  // A database may add white space at the beginning.
  return data.trimStart().startsWith('[') ? structuredCodec : jsonCodec
}
