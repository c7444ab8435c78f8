import assert from 'node:assert/strict'
import { type SceneClause, twentyTimes } from '../scene.ts'

export const deleteClauses: readonly SceneClause[] = [
  {
    name: 'delete removes a live record, and answers true',
    async prove(scene) {
      const { key } = await scene.kept()
      assert.equal(await scene.store.delete(key), true)
      await scene.expectNone(key)
    },
  },
  {
    name: 'a second deletion answers false',
    async prove(scene) {
      const { key } = await scene.deleted()
      assert.equal(await scene.store.delete(key), false)
    },
  },
  {
    name: 'delete answers false for an unknown key',
    async prove(scene) {
      assert.equal(await scene.store.delete(scene.record().key), false)
    },
  },
  {
    name: 'delete answers false for an expired record',
    async prove(scene) {
      const { key } = await scene.ended()
      assert.equal(await scene.store.delete(key), false)
    },
  },
  {
    name: 'of twenty concurrent deletions, exactly one answers true',
    async prove(scene) {
      const { key } = await scene.kept()
      const answers = await twentyTimes(() => scene.store.delete(key))
      assert.equal(answers.filter(Boolean).length, 1)
    },
  },
  {
    name: 'delete leaves every other record alone',
    async prove(scene) {
      const [{ key }, other] = [await scene.kept(), await scene.kept()]
      await scene.store.delete(key)
      await scene.expectKept(other)
    },
  },
]
