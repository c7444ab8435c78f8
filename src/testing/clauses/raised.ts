import assert from 'node:assert/strict'
import type { SubjectEpoch } from '../../core/record/store.ts'
import { lifetimeMs, type Scene } from '../scene.ts'

interface Raising {
  readonly epoch: number
  readonly except?: string | undefined
  readonly lastsMs?: number
}

/** Raises the epoch of a subject, and answers it. */
export async function raised(
  scene: Scene,
  subject: string,
  { epoch, except, lastsMs = lifetimeMs }: Raising,
): Promise<SubjectEpoch> {
  const given = { epoch, except, expiresAt: scene.now() + lastsMs }
  await scene.subjects.raiseEpoch(subject, given)
  return given
}

export async function expectEpoch(
  scene: Scene,
  subject: string,
  expected: SubjectEpoch | undefined,
): Promise<void> {
  const found = await scene.subjects.epochOf(subject)
  // A store may answer further fields, and leave `except` out when there is no exception.
  const { epoch, except, expiresAt } = found ?? {}
  assert.deepEqual(found && { epoch, except, expiresAt }, expected)
}
