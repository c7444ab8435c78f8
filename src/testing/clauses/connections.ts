import assert from 'node:assert/strict'
import type { SessionRecord, Store } from '../../core/record/store.ts'
import { nextOf, type SceneClause, twentyTimes } from '../scene.ts'

/** Clauses about two connections to one place, as two processes have them. */
export const connectionClauses: readonly SceneClause[] = [
  {
    name: 'a second connection sees each write at once',
    async prove(scene) {
      const peer = await scene.peer()
      const record = await scene.kept()
      await scene.expectKept(record, peer)
      const next = nextOf(record)
      assert.equal(await peer.replace(next, 1), 'replaced')
      await scene.expectKept(next)
      await scene.store.delete(record.key)
      await scene.expectNone(record.key, peer)
    },
  },
  {
    name: 'two connections that update one session at the same time lose no update',
    async prove(scene) {
      const stores = [scene.store, await scene.peer()]
      const record = await scene.kept({ data: '0' })
      await Promise.all(stores.map(store => twentyTimes(() => increment(store, record.key))))
      await scene.expectKept({ ...record, version: 41, data: '40' })
    },
  },
  {
    name: 'of two connections that delete one session at the same time, one is told that it was there',
    async prove(scene) {
      const peer = await scene.peer()
      for (let turn = 0; turn < 10; turn++) {
        const { key } = await scene.kept()
        const answers = await Promise.all([scene.store.delete(key), peer.delete(key)])
        assert.deepEqual(answers.toSorted(), [false, true])
      }
    },
  },
  {
    name: 'a creation that the driver sends twice answers true',
    powers: ['repeats'],
    async prove(scene) {
      scene.loseAnswer()
      await scene.expectKept(await scene.kept(scene.wholeRecord()))
    },
  },
  {
    name: 'a replacement that the driver sends twice answers that it has replaced, and counts once',
    powers: ['repeats'],
    async prove(scene) {
      const next = nextOf(await scene.kept())
      scene.loseAnswer()
      assert.equal(await scene.store.replace(next, 1), 'replaced')
      await scene.expectKept(next)
    },
  },
]

/** Adds one to the data of a record, again after each conflict. */
async function increment(store: Store, key: string): Promise<void> {
  let found = await store.load(key)
  while (found !== undefined) {
    const answer = await store.replace(incremented(found), found.version)
    assert.notEqual(answer, 'gone')
    if (typeof answer === 'string') return
    found = answer
  }
}

function incremented(record: SessionRecord): SessionRecord {
  return nextOf(record, { data: `${Number(record.data) + 1}` })
}
