/** The value of an authenticated field. */
export type Field = string | number | undefined

const absentTag = 0
const textTag = 1
const numberTag = 2
const lengthBytes = 4
const numberBytes = 8

/**
 * Encodes fields one after the other so that no other fields give the same bytes. Each begins with its type, and text
 * also with its length, so that no byte can move from one field into the next. Text is UTF-8. A lone surrogate, which no
 * database would return, becomes the replacement character.
 */
export function encodeFields(fields: readonly Field[]): Buffer {
  const bytes = Buffer.allocUnsafe(fields.reduce((sum: number, field) => sum + sizeOf(field), 0))
  let at = 0
  for (const field of fields) at = writeField(bytes, field, at)
  return bytes
}

function sizeOf(field: Field): number {
  if (field === undefined) return 1
  return 1 + (typeof field === 'number' ? numberBytes : lengthBytes + Buffer.byteLength(field))
}

function writeField(bytes: Buffer, field: Field, at: number): number {
  if (field === undefined) return bytes.writeUInt8(absentTag, at)
  if (typeof field === 'number') return bytes.writeDoubleBE(field, bytes.writeUInt8(numberTag, at))
  const start = bytes.writeUInt8(textTag, at) + lengthBytes
  const length = bytes.write(field, start)
  bytes.writeUInt32BE(length, at + 1)
  return start + length
}
