import type { SessionRecord, SubjectEpoch } from '../../core/record/store.ts'
import { lifetimeMs, type Scene } from '../scene.ts'

/**
 * Signs a subject in as the core does: it reads the epoch, creates the record and reads the epoch again, so that either
 * a concurrent `endAll` finds the record or the sign-in sees the new epoch. Answers the record, even if it was deleted.
 *
 * It makes `lead` other calls first, so that concurrent sign-ins are not all at the same point.
 */
export async function signIn(scene: Scene, subject: string, lead: number): Promise<SessionRecord> {
  const { store, subjects } = scene
  for (let made = 0; made < lead; made++) await store.load('nobody')
  const epoch = (await subjects.epochOf(subject))?.epoch ?? 0
  const record = await scene.kept({ subject, authenticatedAt: scene.now(), epoch })
  const line = await subjects.epochOf(subject)
  if (line !== undefined && line.epoch > epoch) await store.delete(record.key)
  return record
}

/** Ends every session of a subject as the core does: it sets the epoch first. Answers that epoch. */
export async function endAll(scene: Scene, subject: string): Promise<SubjectEpoch> {
  const { store, subjects } = scene
  for (let made = 0; made < 5; made++) await store.load('nobody')
  const next = { epoch: scene.now(), except: undefined, expiresAt: scene.now() + lifetimeMs }
  const epoch = await subjects.exchangeEpoch({ subject, next, expected: undefined })
  const line = { ...next, epoch: epoch ?? next.epoch }
  await subjects.endBelow(subject, line)
  return line
}
