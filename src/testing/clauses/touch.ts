import assert from 'node:assert/strict'
import type { Activity, SessionRecord } from '../../core/record/store.ts'
import { lifetimeMs, nextOf, type Scene, type SceneClause, twentyTimes } from '../scene.ts'

export const touchClauses: readonly SceneClause[] = [
  {
    name: 'touch moves both times forward',
    async prove(scene) {
      const record = await scene.kept()
      await touch(scene, record, later(record, 10, 20))
      await scene.expectKept({ ...record, ...later(record, 10, 20) })
    },
  },
  {
    name: 'touch leaves everything but the times alone, the version too',
    async prove(scene) {
      const record = await scene.kept(scene.wholeRecord())
      await touch(scene, record, later(record, 10, 20))
      const { touchedAt, expiresAt } = await found(scene, record)
      await scene.expectKept({ ...record, touchedAt, expiresAt })
    },
  },
  {
    name: 'touch by somebody who holds an older version does not bring the older data back',
    async prove(scene) {
      const record = await scene.kept()
      const next = nextOf(record, { subject: 'ada' })
      await scene.store.replace(next, 1)
      await touch(scene, record, later(record, 10, 20))
      await scene.expectKept({ ...next, ...later(record, 10, 20) })
    },
  },
  {
    name: 'touch by somebody who has not seen the latest id, subject and epoch brings no earlier one back',
    async prove(scene) {
      const record = await scene.kept(scene.wholeRecord())
      const signedIn = { subject: 'bob', authenticatedAt: scene.now(), epoch: record.epoch + 1 }
      const next = nextOf(record, { ...signedIn, rotation: 'r'.repeat(900), data: record.data })
      await scene.store.replace(next, record.version)
      await touch(scene, record, later(record, 10, 20))
      await scene.expectKept({ ...next, ...later(record, 10, 20) })
    },
  },
  {
    name: 'touch takes the device where one is given, of the very instant of the last activity too',
    async prove(scene) {
      const record = await scene.kept({ subject: 'ada' })
      for (const [index, touchedMs] of [10, 10, 20].entries()) {
        const activity = { ...later(record, touchedMs, 20), device: `device ${index}` }
        await touch(scene, record, activity)
        await scene.expectKept({ ...record, ...activity })
      }
    },
  },
  {
    name: 'touch leaves the device where none is given',
    async prove(scene) {
      const record = await scene.kept(scene.wholeRecord())
      await touch(scene, record, { ...later(record, 10, 20), device: undefined })
      await scene.expectKept({ ...record, ...later(record, 10, 20) })
    },
  },
  {
    name: 'touch of an earlier activity brings no earlier device back',
    async prove(scene) {
      const record = await scene.kept(scene.wholeRecord())
      await touch(scene, record, { ...later(record, -10, 0), device: 'earlier' })
      await scene.expectKept(record)
      await touch(scene, record, { ...later(record, -10, 20), device: 'earlier' })
      await scene.expectKept({ ...record, expiresAt: record.expiresAt + 20 })
    },
  },
  {
    name: 'touch never moves the last activity back, while it moves the end forward',
    async prove(scene) {
      const record = await scene.kept()
      await touch(scene, record, later(record, -10, 20))
      await scene.expectKept({ ...record, expiresAt: record.expiresAt + 20 })
    },
  },
  {
    name: 'touch never moves the end back, while it moves the last activity forward',
    async prove(scene) {
      const record = await scene.kept()
      await touch(scene, record, later(record, 10, -20))
      await scene.expectKept({ ...record, touchedAt: record.touchedAt + 10 })
    },
  },
  {
    name: 'a record that was touched lives to its new end, and ends there',
    async prove(scene) {
      const record = await scene.kept()
      await touch(scene, record, later(record, 0, 1000))
      await scene.advance(lifetimeMs + 999)
      await scene.expectKept({ ...record, expiresAt: record.expiresAt + 1000 })
      await scene.advance(1)
      await scene.expectNone(record.key)
    },
  },
  {
    name: 'touch answers false for a key that nobody created, and creates nothing',
    async prove(scene) {
      const record = scene.record()
      assert.equal(await scene.store.touch(record.key, record, record), false)
      await scene.expectNone(record.key)
    },
  },
  {
    name: 'touch does not bring back a session that has been deleted',
    async prove(scene) {
      const record = await scene.deleted()
      assert.equal(await scene.store.touch(record.key, later(record, 10, 20), record), false)
      await scene.expectNone(record.key)
    },
  },
  {
    name: 'touch does not bring back a session whose time is over',
    async prove(scene) {
      const record = await scene.ended()
      assert.equal(await scene.store.touch(record.key, later(record, 1000, lifetimeMs), record), false)
      await scene.expectNone(record.key)
    },
  },
  {
    name: 'a session that was touched can be replaced with the version seen before',
    async prove(scene) {
      const record = await scene.kept()
      await touch(scene, record, later(record, 10, 20))
      const next = nextOf(record, later(record, 30, 40))
      assert.equal(await scene.store.replace(next, record.version), 'replaced')
      await scene.expectKept(next)
    },
  },
  {
    name: 'of twenty touches at the same time, the furthest counts',
    async prove(scene) {
      const record = await scene.kept()
      // In neither order, so that neither the first nor the last one is the furthest.
      await twentyTimes(index => touch(scene, record, later(record, (index * 7) % 20, (index * 7) % 20)))
      await scene.expectKept({ ...record, ...later(record, 19, 19) })
    },
  },
  {
    name: 'of twenty touches at the same time, the device of the latest activity counts',
    async prove(scene) {
      const record = await scene.kept({ subject: 'ada' })
      const at = (index: number) => ({ ...later(record, index, 0), device: `device ${index}` })
      await twentyTimes(index => touch(scene, record, at((index * 7) % 20)))
      await scene.expectKept({ ...record, ...at(19) })
    },
  },
  {
    name: 'a touch and a replacement at the same time both count',
    async prove(scene) {
      const record = await scene.kept()
      const next = nextOf(record, { subject: 'ada' })
      const activity = later(record, 10, 20)
      const [, answer] = await Promise.all([touch(scene, record, activity), scene.store.replace(next, 1)])
      assert.equal(answer, 'replaced')
      const { touchedAt, expiresAt } = await found(scene, record)
      await scene.expectKept({ ...next, touchedAt, expiresAt })
    },
  },
  {
    name: 'a touch and a deletion at the same time leave nothing behind',
    async prove(scene) {
      const record = await scene.kept()
      await Promise.all([
        scene.store.touch(record.key, later(record, 10, 20), record),
        scene.store.delete(record.key),
        scene.store.touch(record.key, later(record, 30, 40), record),
      ])
      await scene.expectNone(record.key)
    },
  },
  {
    name: 'touch leaves every other record alone',
    async prove(scene) {
      const [record, other] = [await scene.kept(), await scene.kept()]
      await touch(scene, record, later(record, 10, 20))
      await scene.expectKept(other)
    },
  },
]

async function touch(scene: Scene, held: SessionRecord, activity: Activity): Promise<void> {
  const isLive = await scene.store.touch(held.key, activity, held)
  assert.equal(isLive, true, 'Expected `touch` to answer true for a live record.')
}

async function found(scene: Scene, { key }: SessionRecord): Promise<SessionRecord> {
  const record = await scene.store.load(key)
  assert.ok(record, 'Expected `load` to find the record.')
  return record
}

function later(record: SessionRecord, touchedMs: number, expiresMs: number): Activity {
  return {
    touchedAt: record.touchedAt + touchedMs,
    expiresAt: record.expiresAt + expiresMs,
    device: record.device,
  }
}
