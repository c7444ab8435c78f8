import assert from 'node:assert/strict'
import type { SessionFacts, SessionRecord } from '../../core/record/store.ts'
import { factsOf, inOrder, lifetimeMs, nextOf, type Scene, type SceneClause, twentyTimes } from '../scene.ts'
import { distinctSubjects } from './distinct-subjects.ts'

const clauses: readonly SceneClause[] = [
  {
    name: 'ofSubject lists the live sessions of a subject, each with every field but the data',
    async prove(scene) {
      const records = [
        await scene.kept(scene.wholeRecord()),
        await scene.kept({ subject: 'ada' }),
        await scene.kept({ subject: 'ada', expiresAt: Number.POSITIVE_INFINITY }),
      ]
      await expectListed(scene, 'ada', records)
    },
  },
  {
    name: 'ofSubject answers an empty list for a subject without a session',
    async prove(scene) {
      await expectListed(scene, 'ada', [])
      await scene.kept()
      await scene.kept({ subject: 'bob' })
      for (const subject of ['ada', '', 'undefined', 'null']) await expectListed(scene, subject, [])
    },
  },
  {
    name: 'ofSubject keeps similar subjects apart, in any script',
    async prove(scene) {
      const records: SessionRecord[] = []
      for (const subject of distinctSubjects) records.push(await scene.kept({ subject }))
      for (const record of records) await expectListed(scene, record.subject, [record])
    },
  },
  {
    name: 'ofSubject lists hundreds of sessions of one subject',
    async prove(scene) {
      const records: SessionRecord[] = []
      for (let batch = 0; batch < 15; batch++) {
        records.push(...(await twentyTimes(() => scene.kept({ subject: 'ada' }))))
      }
      await expectListed(scene, 'ada', records)
    },
  },
  {
    name: 'ofSubject leaves out a deleted session',
    async prove(scene) {
      const [record, other] = [await scene.kept({ subject: 'ada' }), await scene.kept({ subject: 'ada' })]
      await scene.store.delete(record.key)
      await expectListed(scene, 'ada', [other])
    },
  },
  {
    name: 'ofSubject lists a session until one millisecond before its end',
    async prove(scene) {
      const record = await scene.kept({ subject: 'ada' })
      await scene.advance(lifetimeMs - 1)
      await expectListed(scene, 'ada', [record])
      await scene.advance(1)
      await expectListed(scene, 'ada', [])
    },
  },
  {
    name: 'ofSubject lists a touched session with its new values, until its new end',
    async prove(scene) {
      const record = await scene.kept({ subject: 'ada' })
      const activity = { touchedAt: scene.now() + 10, expiresAt: record.expiresAt + 1000, device: 'new' }
      await scene.store.touch(record.key, { ...activity, subject: record.subject })
      await scene.advance(lifetimeMs + 999)
      await expectListed(scene, 'ada', [{ ...record, ...activity }])
      await scene.advance(1)
      await expectListed(scene, 'ada', [])
    },
  },
  {
    name: 'ofSubject lists a replaced session with its new values, until its new end',
    async prove(scene) {
      const [longer, shorter] = [await scene.kept({ subject: 'ada' }), await scene.kept({ subject: 'ada' })]
      const nexts = [
        nextOf(longer, { expiresAt: longer.expiresAt + 1000, epoch: 4, rotation: 'r' }),
        nextOf(shorter, { expiresAt: scene.now() + 1000 }),
      ]
      for (const next of nexts) await scene.store.replace(next, 1)
      await expectListed(scene, 'ada', nexts)
      await scene.advance(lifetimeMs + 999)
      await expectListed(scene, 'ada', nexts.slice(0, 1))
    },
  },
  {
    name: 'a replacement moves a session to another subject, to none, and back',
    async prove(scene) {
      let record = await scene.kept()
      for (const subject of ['ada', 'bob', undefined, 'ada']) {
        const next = nextOf(record, { subject })
        await scene.store.replace(next, record.version)
        await expectListed(scene, 'ada', subject === 'ada' ? [next] : [])
        await expectListed(scene, 'bob', subject === 'bob' ? [next] : [])
        record = next
      }
    },
  },
  {
    name: 'a write that is refused or already expired gives no subject a session',
    async prove(scene) {
      const record = await scene.kept({ subject: 'ada' })
      await scene.store.create({ ...record, subject: 'bob' })
      await scene.store.replace(nextOf(record, { subject: 'bob' }), 5)
      await scene.store.replace(nextOf(scene.record({ subject: 'bob' })), 1)
      await scene.store.create(scene.record({ subject: 'bob', expiresAt: scene.now() }))
      await expectListed(scene, 'bob', [])
      await expectListed(scene, 'ada', [record])
      await scene.store.replace(nextOf(record, { expiresAt: scene.now() }), 1)
      await expectListed(scene, 'ada', [])
    },
  },
  {
    name: 'a session that reuses the key of an expired one is listed once, under its new subject only',
    async prove(scene) {
      const ended = await scene.ended({ subject: 'ada' })
      const again = await scene.kept({ key: ended.key, subject: 'ada' })
      await expectListed(scene, 'ada', [again])
      await scene.advance(lifetimeMs)
      const last = await scene.kept({ key: ended.key, subject: 'bob' })
      await expectListed(scene, 'ada', [])
      await expectListed(scene, 'bob', [last])
    },
  },
  {
    name: 'concurrently created sessions of one subject are all listed',
    async prove(scene) {
      const records = await twentyTimes(() => scene.kept({ subject: 'ada' }))
      await expectListed(scene, 'ada', records)
    },
  },
  {
    name: 'of twenty concurrent replacements, the one that succeeds decides the subject',
    async prove(scene) {
      const record = await scene.kept({ subject: 'ada' })
      await twentyTimes(index => scene.store.replace(nextOf(record, { subject: `${index}` }), 1))
      const found = await scene.store.load(record.key)
      for (const subject of ['ada', ...Array.from({ length: 20 }, (_, index) => `${index}`)]) {
        await expectListed(scene, subject, found !== undefined && found.subject === subject ? [found] : [])
      }
    },
  },
  {
    name: 'a session that is deleted during a write is not listed afterwards',
    async prove(scene) {
      for (const deletesFirst of [true, false]) {
        const record = await scene.kept({ subject: 'ada' })
        const activity = { touchedAt: scene.now() + 10, expiresAt: record.expiresAt + 20, device: 'new' }
        const writes = [
          () => scene.store.replace(nextOf(record, { subject: 'bob' }), 1),
          () => scene.store.touch(record.key, { ...activity, subject: record.subject }),
        ]
        const remove = () => scene.store.delete(record.key)
        await Promise.all((deletesFirst ? [remove, ...writes] : [...writes, remove]).map(call => call()))
        for (const subject of ['ada', 'bob']) await expectListed(scene, subject, [])
      }
    },
  },
]

export const subjectClauses: readonly SceneClause[] = clauses.map(clause => ({
  ...clause,
  powers: ['subjects'],
}))

/** Asserts that these are exactly the sessions of a subject, in any order. */
export async function expectListed(
  scene: Scene,
  subject: string | undefined,
  expected: readonly SessionFacts[],
): Promise<void> {
  assert.ok(subject !== undefined, 'Expected the record to have a subject.')
  const listed = await scene.subjects.ofSubject(subject)
  assert.deepEqual(inOrder(listed.sessions).map(factsOf), inOrder(expected).map(factsOf))
}
