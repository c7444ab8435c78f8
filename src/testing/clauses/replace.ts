import assert from 'node:assert/strict'
import { expectSame, nextOf, type SceneClause } from '../scene.ts'

export const replaceClauses: readonly SceneClause[] = [
  {
    name: 'replace puts a record in place of the one with the expected version',
    async prove(scene) {
      const record = await scene.kept()
      const next = nextOf(record, {
        subject: 'ada',
        createdAt: record.createdAt - 1,
        expiresAt: record.expiresAt + 1,
      })
      assert.equal(await scene.store.replace(next, 1), 'replaced')
      await scene.expectKept(next)
    },
  },
  {
    name: 'replace may change the subject, the epoch and the rotation',
    async prove(scene) {
      const record = await scene.kept(scene.wholeRecord())
      const other = { subject: 'bob', authenticatedAt: scene.now(), device: 'another' }
      const next = nextOf(record, { ...other, epoch: record.epoch + 5, rotation: 'r'.repeat(900) })
      assert.equal(await scene.store.replace(next, record.version), 'replaced')
      await scene.expectKept(next)
      const last = nextOf(next, { epoch: 1, rotation: 'r' })
      assert.equal(await scene.store.replace(last, next.version), 'replaced')
      await scene.expectKept(last)
    },
  },
  {
    name: 'replace can remove the subject',
    async prove(scene) {
      const record = await scene.kept({ subject: 'ada', authenticatedAt: scene.now() })
      const next = nextOf(record, { subject: undefined, authenticatedAt: undefined })
      assert.equal(await scene.store.replace(next, 1), 'replaced')
      await scene.expectKept(next)
    },
  },
  {
    name: 'replace answers gone for an unknown key, and creates nothing',
    async prove(scene) {
      const record = scene.record()
      assert.equal(await scene.store.replace(nextOf(record), 1), 'gone')
      await scene.expectNone(record.key)
    },
  },
  {
    name: 'replace does not bring a deleted session back',
    async prove(scene) {
      const record = await scene.deleted()
      assert.equal(await scene.store.replace(nextOf(record), 1), 'gone')
      await scene.expectNone(record.key)
    },
  },
  {
    name: 'replace does not bring an expired session back',
    async prove(scene) {
      const record = await scene.ended()
      const late = nextOf(record, { expiresAt: scene.now() + 1000 })
      assert.equal(await scene.store.replace(late, 1), 'gone')
      await scene.expectNone(record.key)
    },
  },
  {
    name: 'replace answers the current record on a version conflict, and changes nothing',
    async prove(scene) {
      const record = await scene.kept(scene.wholeRecord({ version: 5 }))
      for (const expected of [4, 6]) {
        const lost = nextOf(record, { data: 'lost', subject: 'bob', epoch: 1, rotation: 'lost' })
        expectSame(await scene.store.replace(lost, expected), record)
        await scene.expectKept(record)
      }
    },
  },
  {
    name: 'a replacement may make a session expire earlier',
    async prove(scene) {
      const record = await scene.kept()
      const next = nextOf(record, { expiresAt: scene.now() + 1000 })
      assert.equal(await scene.store.replace(next, 1), 'replaced')
      await scene.expectKept(next)
      await scene.advance(1000)
      await scene.expectNone(record.key)
    },
  },
  {
    name: 'a replacement that has already expired ends the session',
    async prove(scene) {
      const record = await scene.kept()
      assert.equal(await scene.store.replace(nextOf(record, { expiresAt: scene.now() }), 1), 'replaced')
      await scene.expectNone(record.key)
      assert.equal(await scene.store.replace(nextOf(record, { version: 3 }), 2), 'gone')
    },
  },
  {
    name: 'of twenty concurrent replacements of one version, exactly one succeeds',
    async prove(scene) {
      const record = await scene.kept()
      const nexts = Array.from({ length: 20 }, (_, index) =>
        nextOf(record, { data: `${index}`, subject: `${index}`, epoch: index, rotation: `${index}` }),
      )
      const answers = await Promise.all(nexts.map(next => scene.store.replace(next, 1)))
      const [winner = record, ...others] = nexts.filter((_, index) => answers[index] === 'replaced')
      assert.deepEqual(
        [winner === record, others.length],
        [false, 0],
        'Expected one answer to be `replaced`.',
      )
      for (const answer of answers) if (answer !== 'replaced') expectSame(answer, winner)
      await scene.expectKept(winner)
    },
  },
  {
    name: 'a concurrent replacement and deletion leave nothing behind',
    async prove(scene) {
      for (const deletesFirst of [true, false]) {
        const record = await scene.kept()
        const remove = () => scene.store.delete(record.key)
        const replace = () => scene.store.replace(nextOf(record), 1)
        await Promise.all((deletesFirst ? [remove, replace] : [replace, remove]).map(action => action()))
        await scene.expectNone(record.key)
      }
    },
  },
  {
    name: 'replace keeps activity that another request recorded meanwhile',
    async prove(scene) {
      const record = await scene.kept(scene.wholeRecord())
      const { touchedAt, expiresAt } = record
      const activity = { touchedAt: touchedAt + 5, expiresAt: expiresAt + 5, device: 'another' }
      await scene.store.touch(record.key, { ...activity, subject: record.subject })
      const next = nextOf(record)
      assert.equal(await scene.store.replace(next, record.version), 'replaced')
      await scene.expectKept({ ...next, ...activity })
    },
  },
  {
    name: 'replace may make the end earlier when it is itself the latest activity',
    async prove(scene) {
      const record = await scene.kept(scene.wholeRecord())
      const next = nextOf(record, { touchedAt: record.touchedAt + 1, expiresAt: record.expiresAt - 9 })
      assert.equal(await scene.store.replace(next, record.version), 'replaced')
      await scene.expectKept(next)
    },
  },
  {
    name: 'replace leaves every other record alone',
    async prove(scene) {
      const [record, other] = [await scene.kept(), await scene.kept()]
      await scene.store.replace(nextOf(record), 1)
      await scene.expectKept(other)
    },
  },
]
