import type { SubjectEpoch } from '../../core/store.ts'

/** How an epoch lies in the file. JSON has no infinity: an epoch that is kept for ever has null for its end. */
type Line = readonly [epoch: number, except: string | null, expiresAt: number | null]

/** Writes an epoch as bytes, without its subject. */
export function encodeEpoch({ epoch, except, expiresAt }: SubjectEpoch): Buffer {
  const line: Line = [epoch, except ?? null, expiresAt]
  return Buffer.from(JSON.stringify(line))
}

/** Reads what `encodeEpoch` has written. */
export function decodeEpoch(_subject: string, bytes: Buffer): SubjectEpoch {
  // Nobody else writes to this part of the file.
  const [epoch, except, expiresAt] = JSON.parse(bytes.toString('utf8', 0, bytes.length)) as Line
  return { epoch, except: except ?? undefined, expiresAt: expiresAt ?? Number.POSITIVE_INFINITY }
}
