import assert from 'node:assert/strict'
import type { SubjectEpoch } from '../../core/record/store.ts'
import { lifetimeMs, type Scene } from '../scene.ts'

interface Setting {
  readonly epoch: number
  readonly except?: string | undefined
  readonly lastsMs?: number
  /** The epoch that is expected; undefined for any. */
  readonly expected?: number | undefined
}

/** Sets the epoch of a subject. Returns the new number, or undefined on a conflict. */
export async function exchange(scene: Scene, subject: string, setting: Setting): Promise<number | undefined> {
  return await scene.subjects.exchangeEpoch({
    subject,
    next: epochOf(scene, setting),
    expected: setting.expected,
  })
}

/** Sets the epoch of a subject that has a lower one or none, and returns it. */
export async function withEpoch(scene: Scene, subject: string, setting: Setting): Promise<SubjectEpoch> {
  assert.equal(await exchange(scene, subject, setting), setting.epoch)
  return epochOf(scene, setting)
}

function epochOf(scene: Scene, { epoch, except, lastsMs = lifetimeMs }: Setting): SubjectEpoch {
  return { epoch, except, expiresAt: scene.now() + lastsMs }
}

/** Asserts that this is the epoch of a subject, whichever method returns it. */
export async function expectEpoch(
  scene: Scene,
  subject: string,
  expected: SubjectEpoch | undefined,
): Promise<void> {
  const found = await scene.subjects.epochOf(subject)
  assert.deepEqual(factsOf(found), expected)
  const { epoch } = await scene.subjects.ofSubject(subject)
  assert.deepEqual(factsOf(epoch), expected, 'Expected `ofSubject` to return the epoch too.')
}

/** A store may return further fields, and leave `except` out. */
export function factsOf(found: SubjectEpoch | undefined): SubjectEpoch | undefined {
  if (found === undefined) return undefined
  const { epoch, except, expiresAt } = found
  return { epoch, except, expiresAt }
}
