import assert from 'node:assert/strict'
import type { SessionRecord, SubjectEpoch } from '../../core/record/store.ts'
import { lifetimeMs, nextOf, type Scene, type SceneClause, twentyTimes } from '../scene.ts'
import { distinctSubjects } from './distinct-subjects.ts'
import { expectListed } from './subjects.ts'

export const endBelowClauses: readonly SceneClause[] = [
  {
    name: 'endBelow removes the sessions of a subject with a lower epoch, and returns their keys',
    async prove(scene) {
      const below = [await signedIn(scene, 'ada', 0), await signedIn(scene, 'ada', 4)]
      const others = [await signedIn(scene, 'ada', 5), await signedIn(scene, 'ada', 6)]
      await expectEnded(scene, { subject: 'ada', line: lineAt(scene, 5) }, below)
      await expectListed(scene, 'ada', others)
      for (const record of others) await scene.expectKept(record)
    },
  },
  {
    name: 'endBelow spares the session that the epoch excepts, and no other',
    async prove(scene) {
      const [spared, other] = [await signedIn(scene, 'ada', 1), await signedIn(scene, 'ada', 1)]
      await expectEnded(scene, { subject: 'ada', line: lineAt(scene, 5, spared.key) }, [other])
      await scene.expectKept(spared)
    },
  },
  {
    name: 'endBelow leaves other subjects and anonymous sessions alone, however similar they are',
    async prove(scene) {
      const anonymous = await scene.kept()
      const records: SessionRecord[] = []
      for (const subject of distinctSubjects) records.push(await signedIn(scene, subject, 1))
      for (const [index, record] of records.entries()) {
        await expectEnded(scene, { subject: record.subject ?? '', line: lineAt(scene, 5) }, [record])
        for (const other of records.slice(index + 1, index + 3)) await scene.expectKept(other)
      }
      await scene.expectKept(anonymous)
    },
  },
  {
    name: 'endBelow returns no key twice, and none of a session that has expired or is deleted',
    async prove(scene) {
      const deleted = await signedIn(scene, 'ada', 1)
      await scene.store.delete(deleted.key)
      await scene.ended({ subject: 'ada' })
      const record = await signedIn(scene, 'ada', 1)
      await expectEnded(scene, { subject: 'ada', line: lineAt(scene, 5) }, [record])
      await expectEnded(scene, { subject: 'ada', line: lineAt(scene, 5) }, [])
    },
  },
  {
    name: 'a session that endBelow has removed is gone for replace, touch and delete',
    async prove(scene) {
      const record = await signedIn(scene, 'ada', 1)
      await scene.subjects.endBelow('ada', lineAt(scene, 5))
      assert.equal(await scene.store.replace(nextOf(record), 1), 'gone')
      assert.equal(await scene.store.touch(record.key, record), false)
      assert.equal(await scene.store.delete(record.key), false)
    },
  },
  {
    name: 'endBelow removes hundreds of sessions in one call',
    async prove(scene) {
      const records: SessionRecord[] = []
      for (let batch = 0; batch < 15; batch++) {
        records.push(...(await twentyTimes(() => signedIn(scene, 'ada', 1))))
      }
      await expectEnded(scene, { subject: 'ada', line: lineAt(scene, 5) }, records)
    },
  },
  {
    name: 'of two concurrent calls of endBelow, only one returns a key',
    async prove(scene) {
      const records = await twentyTimes(() => signedIn(scene, 'ada', 1))
      const answers = await Promise.all([
        scene.subjects.endBelow('ada', lineAt(scene, 5)),
        scene.subjects.endBelow('ada', lineAt(scene, 5)),
      ])
      assert.deepEqual(answers.flat().toSorted(), records.map(({ key }) => key).toSorted())
    },
  },
]

function signedIn(scene: Scene, subject: string, epoch: number): Promise<SessionRecord> {
  return scene.kept({ subject, authenticatedAt: scene.now(), epoch })
}

function lineAt(scene: Scene, epoch: number, except?: string): SubjectEpoch {
  return { epoch, except, expiresAt: scene.now() + lifetimeMs }
}

/** Asserts that a call of `endBelow` ends exactly these sessions. */
async function expectEnded(
  scene: Scene,
  { subject, line }: { readonly subject: string; readonly line: SubjectEpoch },
  expected: readonly SessionRecord[],
): Promise<void> {
  const keys = await scene.subjects.endBelow(subject, line)
  assert.deepEqual([...keys].toSorted(), expected.map(({ key }) => key).toSorted())
  for (const { key } of expected) await scene.expectNone(key)
}
