import type { SubjectEpoch } from '../../core/record/store.ts'

/** Reads an epoch that `raiseScript` wrote. */
export function decodeEpoch(text: string): SubjectEpoch {
  const [epoch, expiresAt, except = '', from] = text.split(' ')
  const line = { epoch: Number(epoch), except: except || undefined, expiresAt: Number(expiresAt) }
  // Version 0.1.0 wrote none.
  const exceptFrom = Number(from ?? 0)
  return except === '' || exceptFrom === 0 ? line : { ...line, exceptFrom }
}
