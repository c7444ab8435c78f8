import type { Codec, SessionContents } from './json-codec.ts'
import type { EncodedData, SessionRecord } from './store.ts'

/** What stands in a record beside its data, and can be bound to it. */
export type RecordFrame = Omit<SessionRecord<unknown>, 'data'>

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
  readonly refused?: undefined
}

interface RefusedData {
  readonly contents?: undefined
  readonly refused: 'tampered' | 'unreadable'
}

/** Turns what a session holds into what its record holds, and back. */
export class Encoding {
  /** The text of a session that holds nothing. */
  readonly empty: string
  readonly #codec: Codec

  constructor(codec: Codec) {
    this.#codec = codec
    this.empty = codec.encode({ values: {} })
  }

  /** Writes values as text. Two texts are equal when nothing has changed. */
  encode(contents: SessionContents): string {
    return this.#codec.encode(contents)
  }

  /** Reads text that `encode` has written. */
  decode(text: string): SessionContents {
    return this.#codec.decode(text)
  }

  /** Throws for a value that could not be stored, at the line that assigns it. */
  checkAssigned(_name: string, _value: unknown): void {}

  /** Makes of text what goes into a record. */
  write(text: string, _id: string, _frame: RecordFrame): EncodedData {
    return text
  }

  /** Reads a record's data, whatever somebody may have made of it. */
  read(record: SessionRecord<unknown>, _id: string | undefined): Reading {
    const text = String(record.data)
    try {
      return { text, contents: this.decode(text) }
    } catch {
      return { refused: 'unreadable' }
    }
  }
}
