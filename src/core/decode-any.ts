import type { Codec, SessionContents } from './codec.ts'
import { jsonCodec } from './json-codec.ts'
import { structuredCodec } from './structured-codec.ts'

const brace = 0x7b

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
