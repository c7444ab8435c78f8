import assert from 'node:assert/strict'
import type { SessionRecord } from '../../core/store.ts'
import {
  canEnumerate,
  canSweep,
  expectSame,
  lifetimeMs,
  nextOf,
  type Scene,
  type SceneClause,
} from '../scene.ts'

export const powerClauses: readonly SceneClause[] = [
  {
    name: 'the name of the store is a plain word or two, and no address',
    async prove({ store }) {
      assert.match(store.name, /^[a-z][a-z0-9 -]*$/i)
    },
  },
  {
    name: 'the powers of the store are those that were declared',
    async prove({ store, powers }) {
      const declared = (power: SceneClause['power']) => power !== undefined && powers.includes(power)
      assert.equal(
        canEnumerate(store),
        declared('enumerate'),
        'the method `records` against the power `enumerate`',
      )
      assert.equal(canSweep(store), declared('sweep'), 'the method `sweep` against the power `sweep`')
      assert.equal(
        store.traits?.answersAtOnce ?? false,
        declared('answersAtOnce'),
        'the trait `answersAtOnce`',
      )
    },
  },
  {
    name: 'every verb answers without a promise',
    power: 'answersAtOnce',
    async prove(scene) {
      const { store } = scene
      const record = scene.record()
      const answers = [
        store.create(record),
        store.load(record.key),
        store.replace(nextOf(record), 1),
        store.touch(record.key, record, record),
        store.delete(record.key),
      ]
      await Promise.all(answers)
      assert.deepEqual(answers.map(isPromise), [false, false, false, false, false])
    },
  },
  {
    name: 'records streams every live record exactly once',
    power: 'enumerate',
    async prove(scene) {
      const records = [
        await scene.kept(),
        await scene.kept({ subject: 'ada' }),
        await scene.kept({ data: Uint8Array.of(7) }),
      ]
      await expectStream(scene, records)
    },
  },
  {
    name: 'records streams a changed record as it is now',
    power: 'enumerate',
    async prove(scene) {
      const record = await scene.kept()
      const next = nextOf(record)
      await scene.store.replace(next, 1)
      await expectStream(scene, [next])
    },
  },
  {
    name: 'records streams nothing from an empty store',
    power: 'enumerate',
    async prove(scene) {
      await expectStream(scene, [])
    },
  },
  {
    name: 'records leaves out what has been deleted, and what is over',
    power: 'enumerate',
    async prove(scene) {
      await scene.deleted()
      const record = await scene.kept()
      await scene.ended()
      await expectStream(scene, [record])
    },
  },
  {
    name: 'sweep removes what is over, and answers how many records that were',
    power: 'sweep',
    async prove(scene) {
      await endedRecords(scene, 5)
      assert.equal(await scene.sweeping.sweep(100), 5)
      assert.equal(await scene.sweeping.sweep(100), 0)
    },
  },
  {
    name: 'sweep removes at most as many records as it was told',
    power: 'sweep',
    async prove(scene) {
      await endedRecords(scene, 5)
      const answers = [
        await scene.sweeping.sweep(2),
        await scene.sweeping.sweep(2),
        await scene.sweeping.sweep(2),
      ]
      assert.deepEqual(answers, [2, 2, 1])
    },
  },
  {
    name: 'sweep removes a record at the very millisecond at which it ends',
    power: 'sweep',
    async prove(scene) {
      await scene.kept()
      await scene.advance(lifetimeMs - 1)
      assert.equal(await scene.sweeping.sweep(100), 0)
      await scene.advance(1)
      assert.equal(await scene.sweeping.sweep(100), 1)
    },
  },
  {
    name: 'sweep leaves every live record alone, one that lives on because of a touch too',
    power: 'sweep',
    async prove(scene) {
      const [record, touched] = [await scene.kept(), await scene.kept({ expiresAt: scene.now() + 1000 })]
      const activity = { touchedAt: touched.touchedAt, expiresAt: record.expiresAt, device: undefined }
      await scene.store.touch(touched.key, activity, touched)
      await scene.ended()
      assert.equal(await scene.sweeping.sweep(100), 1)
      await scene.expectKept(record)
      await scene.expectKept({ ...touched, ...activity })
    },
  },
  {
    name: 'two sweeps at the same time count no record twice',
    power: 'sweep',
    async prove(scene) {
      await endedRecords(scene, 10)
      const answers = await Promise.all([scene.sweeping.sweep(100), scene.sweeping.sweep(100)])
      assert.equal(answers[0] + answers[1], 10)
    },
  },
]

/** Asserts that the store streams these records, in whatever order. */
async function expectStream(scene: Scene, expected: readonly SessionRecord[]): Promise<void> {
  const streamed: SessionRecord[] = []
  for await (const record of scene.enumerating.records()) streamed.push(record)
  const inOrder = (records: readonly SessionRecord[]) => records.toSorted((a, b) => (a.key < b.key ? -1 : 1))
  assert.deepEqual(
    inOrder(streamed).map(({ key }) => key),
    inOrder(expected).map(({ key }) => key),
  )
  for (const [index, record] of inOrder(expected).entries()) expectSame(inOrder(streamed)[index], record)
}

function isPromise(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'then' in answer
}

async function endedRecords(scene: Scene, count: number): Promise<void> {
  for (let made = 0; made < count; made++) await scene.kept({ expiresAt: scene.now() + 1000 })
  await scene.advance(1000)
}
