import assert from 'node:assert/strict'
import { expectSame, nextOf, type SceneClause, twentyTimes } from '../scene.ts'

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
    name: 'replace can take the subject away',
    async prove(scene) {
      const record = await scene.kept({ subject: 'ada' })
      const next = nextOf(record, { subject: undefined })
      assert.equal(await scene.store.replace(next, 1), 'replaced')
      await scene.expectKept(next)
    },
  },
  {
    name: 'replace answers gone for a key that nobody created, and creates nothing',
    async prove(scene) {
      const record = scene.record()
      assert.equal(await scene.store.replace(nextOf(record), 1), 'gone')
      await scene.expectNone(record.key)
    },
  },
  {
    name: 'replace does not bring back a session that has been deleted',
    async prove(scene) {
      const record = await scene.deleted()
      assert.equal(await scene.store.replace(nextOf(record), 1), 'gone')
      await scene.expectNone(record.key)
    },
  },
  {
    name: 'replace does not bring back a session whose time is over',
    async prove(scene) {
      const record = await scene.ended()
      const late = nextOf(record, { expiresAt: scene.now() + 1000 })
      assert.equal(await scene.store.replace(late, 1), 'gone')
      await scene.expectNone(record.key)
    },
  },
  {
    name: 'replace answers the record it found when the version is another, and changes nothing',
    async prove(scene) {
      const record = await scene.kept({ version: 5, subject: 'ada' })
      for (const expected of [4, 6]) {
        expectSame(await scene.store.replace(nextOf(record, { data: 'lost' }), expected), record)
        await scene.expectKept(record)
      }
    },
  },
  {
    name: 'a replacement may end a session earlier than before',
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
    name: 'a replacement that is over when it arrives ends the session',
    async prove(scene) {
      const record = await scene.kept()
      assert.equal(await scene.store.replace(nextOf(record, { expiresAt: scene.now() }), 1), 'replaced')
      await scene.expectNone(record.key)
      assert.equal(await scene.store.replace(nextOf(record, { version: 3 }), 2), 'gone')
    },
  },
  {
    name: 'of twenty replacements of one version at the same time, exactly one succeeds',
    async prove(scene) {
      const record = await scene.kept()
      const answers = await twentyTimes(index => scene.store.replace(nextOf(record, { data: `${index}` }), 1))
      const winners = answers.flatMap((answer, index) => (answer === 'replaced' ? [index] : []))
      assert.equal(winners.length, 1)
      const winner = nextOf(record, { data: `${winners[0]}` })
      for (const answer of answers) if (answer !== 'replaced') expectSame(answer, winner)
      await scene.expectKept(winner)
    },
  },
  {
    name: 'a replacement and a deletion at the same time leave nothing behind',
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
    name: 'replace leaves every other record alone',
    async prove(scene) {
      const [record, other] = [await scene.kept(), await scene.kept()]
      await scene.store.replace(nextOf(record), 1)
      await scene.expectKept(other)
    },
  },
]
