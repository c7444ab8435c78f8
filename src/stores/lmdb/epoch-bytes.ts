import type { SubjectEpoch } from '../../core/record/store.ts'

/** An epoch in the file, as JSON. JSON has no infinity, so an epoch without an end has null there. */
type Line = readonly [epoch: number, except: string | null, expiresAt: number | null]

/** Writes an epoch as bytes, without its subject. */
export function encodeEpoch({ epoch, except, expiresAt }: SubjectEpoch): Buffer {
  const line: Line = [epoch, except ?? null, expiresAt]
  return Buffer.from(JSON.stringify(line))
}

/** Reads an epoch that `encodeEpoch` wrote. */
export function decodeEpoch(_subject: string, bytes: Buffer): SubjectEpoch {
  // Only `encodeEpoch` writes to this part of the file.
  const [epoch, except, end] = JSON.parse(bytes.toString('utf8', 0, bytes.length)) as Line
  return { epoch, except: except ?? undefined, expiresAt: end ?? Number.POSITIVE_INFINITY }
}
