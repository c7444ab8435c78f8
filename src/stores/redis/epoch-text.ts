import type { SubjectEpoch } from '../../core/store.ts'

/** Reads an epoch as the script that raises it has written it. */
export function decodeEpoch(text: string): SubjectEpoch {
  const [epoch, expiresAt, except] = text.split(' ')
  return { epoch: Number(epoch), except: except || undefined, expiresAt: Number(expiresAt) }
}
