import type { SessionRecord, SubjectEpoch } from '../../core/record/store.ts'
import { lifetimeMs, type Scene } from '../scene.ts'

/**
 * Signs a subject in as the core does: the epoch is read, the record is kept, and the epoch is looked at once
 * more, so that an end of all either finds the record or is found. Answers the record, taken back or not.
 *
 * It makes as many calls as `lead` before it begins, so that several are not all at the same point.
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

/** Ends every session of a subject as the core does: the line is drawn first. Answers the line. */
export async function endAll(scene: Scene, subject: string): Promise<SubjectEpoch> {
  const { store, subjects } = scene
  for (let made = 0; made < 5; made++) await store.load('nobody')
  const line = { epoch: scene.now(), except: undefined, expiresAt: scene.now() + lifetimeMs }
  await subjects.raiseEpoch(subject, line)
  const listed = await subjects.ofSubject(subject)
  await Promise.all(listed.filter(({ epoch }) => epoch < line.epoch).map(({ key }) => store.delete(key)))
  return line
}
