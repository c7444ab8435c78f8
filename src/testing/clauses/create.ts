import assert from 'node:assert/strict'
import { expectSame, lifetimeMs, type SceneClause, twentyTimes } from '../scene.ts'

export const createClauses: readonly SceneClause[] = [
  {
    name: 'create answers true for a new key, and load finds the record',
    async prove(scene) {
      const record = scene.record()
      assert.equal(await scene.store.create(record), true)
      await scene.expectKept(record)
    },
  },
  {
    name: 'create answers false for a key that is taken, and changes nothing',
    async prove(scene) {
      const record = await scene.kept()
      const other = { ...record, subject: 'someone else', data: 'other', expiresAt: record.expiresAt + 1000 }
      assert.equal(await scene.store.create(other), false)
      await scene.expectKept(record)
    },
  },
  {
    name: 'create does not keep a record that has already expired, and answers true',
    async prove(scene) {
      for (const expiresAt of [scene.now(), scene.now() - 1]) {
        const record = scene.record({ expiresAt })
        assert.equal(await scene.store.create(record), true)
        await scene.expectNone(record.key)
        assert.equal(await scene.store.create(scene.record({ key: record.key })), true)
      }
    },
  },
  {
    name: 'create accepts a key whose record has expired',
    async prove(scene) {
      const { key } = await scene.ended({ subject: 'ada', data: 'old' })
      const record = scene.record({ key })
      assert.equal(await scene.store.create(record), true)
      await scene.expectKept(record)
    },
  },
  {
    name: 'create accepts a key whose record was deleted',
    async prove(scene) {
      const { key } = await scene.deleted()
      const record = scene.record({ key, data: 'new' })
      assert.equal(await scene.store.create(record), true)
      await scene.expectKept(record)
    },
  },
  {
    name: 'a record that reuses a key lives until its own end',
    async prove(scene) {
      const { key } = await scene.ended()
      const record = await scene.kept({ key })
      await scene.advance(lifetimeMs - 1)
      await scene.expectKept(record)
    },
  },
  {
    name: 'of twenty concurrent creations of one key, exactly one succeeds and is kept',
    async prove(scene) {
      const records = Array.from({ length: 20 }, (_, index) => ({
        ...scene.record(),
        key: 'same',
        data: `${index}`,
      }))
      const answers = await Promise.all(records.map(record => scene.store.create(record)))
      assert.equal(answers.filter(Boolean).length, 1)
      expectSame(await scene.store.load('same'), records[answers.indexOf(true)] ?? scene.record())
    },
  },
  {
    name: 'concurrent creations of different keys all succeed and are all kept',
    async prove(scene) {
      const records = await twentyTimes(() => scene.kept())
      for (const record of records) await scene.expectKept(record)
    },
  },
]
