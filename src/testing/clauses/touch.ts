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
    name: 'touch leaves everything but the times alone, including the version',
    async prove(scene) {
      const record = await scene.kept(scene.wholeRecord())
      await touch(scene, record, later(record, 10, 20))
      const { touchedAt, expiresAt } = await found(scene, record)
      await scene.expectKept({ ...record, touchedAt, expiresAt })
    },
  },
  {
    name: 'touch by a caller with an older version does not bring the older data back',
    async prove(scene) {
      const record = await scene.kept()
      const next = nextOf(record, { subject: 'ada' })
      await scene.store.replace(next, 1)
      await touch(scene, record, later(record, 10, 20))
      await scene.expectKept({ ...next, ...later(record, 10, 20) })
    },
  },
  {
    name: 'touch by a caller with an older id, subject and epoch does not bring them back',
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
    name: 'touch takes the device that it is given, even at the same instant as the last activity',
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
    name: 'touch without a device leaves the device alone',
    async prove(scene) {
      const record = await scene.kept(scene.wholeRecord())
      await touch(scene, record, { ...later(record, 10, 20), device: undefined })
      await scene.expectKept({ ...record, ...later(record, 10, 20) })
    },
  },
  {
    name: 'touch with an earlier activity does not bring its device back',
    async prove(scene) {
      const record = await scene.kept(scene.wholeRecord())
      await touch(scene, record, { ...later(record, -10, 0), device: 'earlier' })
      await scene.expectKept(record)
      await touch(scene, record, { ...later(record, -10, 20), device: 'earlier' })
      await scene.expectKept({ ...record, expiresAt: record.expiresAt + 20 })
    },
  },
  {
    name: 'touch never moves the last activity back, even when it moves the end forward',
    async prove(scene) {
      const record = await scene.kept()
      await touch(scene, record, later(record, -10, 20))
      await scene.expectKept({ ...record, expiresAt: record.expiresAt + 20 })
    },
  },
  {
    name: 'touch never moves the end back, even when it moves the last activity forward',
    async prove(scene) {
      const record = await scene.kept()
      await touch(scene, record, later(record, 10, -20))
      await scene.expectKept({ ...record, touchedAt: record.touchedAt + 10 })
    },
  },
  {
    name: 'a touched record lives until its new end, and expires there',
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
    name: 'touch answers false for an unknown key, and creates nothing',
    async prove(scene) {
      const record = scene.record()
      assert.equal(await scene.store.touch(record.key, record), false)
      await scene.expectNone(record.key)
    },
  },
  {
    name: 'touch does not bring a deleted session back',
    async prove(scene) {
      const record = await scene.deleted()
      assert.equal(
        await scene.store.touch(record.key, { ...later(record, 10, 20), subject: record.subject }),
        false,
      )
      await scene.expectNone(record.key)
    },
  },
  {
    name: 'touch does not bring an expired session back',
    async prove(scene) {
      const record = await scene.ended()
      assert.equal(
        await scene.store.touch(record.key, { ...later(record, 1000, lifetimeMs), subject: record.subject }),
        false,
      )
      await scene.expectNone(record.key)
    },
  },
  {
    name: 'after a touch, replace still works with the version from before',
    async prove(scene) {
      const record = await scene.kept()
      await touch(scene, record, later(record, 10, 20))
      const next = nextOf(record, later(record, 30, 40))
      assert.equal(await scene.store.replace(next, record.version), 'replaced')
      await scene.expectKept(next)
    },
  },
  {
    name: 'of twenty concurrent touches, the latest times count',
    async prove(scene) {
      const record = await scene.kept()
      // In a mixed order, so that neither the first nor the last one is the latest.
      await twentyTimes(index => touch(scene, record, later(record, (index * 7) % 20, (index * 7) % 20)))
      await scene.expectKept({ ...record, ...later(record, 19, 19) })
    },
  },
  {
    name: 'of twenty concurrent touches, the device of the latest activity counts',
    async prove(scene) {
      const record = await scene.kept({ subject: 'ada' })
      const at = (index: number) => ({ ...later(record, index, 0), device: `device ${index}` })
      await twentyTimes(index => touch(scene, record, at((index * 7) % 20)))
      await scene.expectKept({ ...record, ...at(19) })
    },
  },
  {
    name: 'a concurrent touch and replacement both count',
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
    name: 'a concurrent touch and deletion leave nothing behind',
    async prove(scene) {
      const record = await scene.kept()
      await Promise.all([
        scene.store.touch(record.key, { ...later(record, 10, 20), subject: record.subject }),
        scene.store.delete(record.key),
        scene.store.touch(record.key, { ...later(record, 30, 40), subject: record.subject }),
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
  const isLive = await scene.store.touch(held.key, { ...activity, subject: held.subject })
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
