import assert from 'node:assert/strict'
import { canEnumerate, canSweep, knowsSubjects, lendsNames, methodsOf } from '../../core/record/powers.ts'
import type { SessionRecord, Sweep } from '../../core/record/store.ts'
import {
  expectSame,
  inOrder,
  lifetimeMs,
  nextOf,
  type Scene,
  type SceneClause,
  type StorePower,
} from '../scene.ts'

export const powerClauses: readonly SceneClause[] = [
  {
    name: 'the name of the store is a plain word or two, and no address',
    async prove({ store }) {
      assert.match(store.name, /^[a-z][a-z0-9 -]*$/i)
    },
  },
  {
    name: 'the store has exactly the powers that the harness declares',
    async prove({ store, powers }) {
      const wholes = { subjects: knowsSubjects(store), leases: lendsNames(store) }
      for (const power of ['subjects', 'leases'] as const) {
        const methods = methodsOf(store, power)
        assert.ok(methods.length === 0 || wholes[power], `only ${methods.join(' and ')} of \`${power}\``)
      }
      const against = (power: StorePower, found: boolean, what: string) =>
        assert.equal(found, powers.includes(power), `${what} against the power \`${power}\``)
      against('enumerate', canEnumerate(store), 'the method `records`')
      against('sweep', canSweep(store), 'the method `sweep`')
      against(
        'subjects',
        knowsSubjects(store),
        'the methods `ofSubject`, `epochOf`, `exchangeEpoch` and `endBelow`',
      )
      against('leases', lendsNames(store), 'the methods `acquireLease`, `holdsLease` and `releaseLease`')
      against('readsAtOnce', store.traits?.readsAtOnce ?? false, 'the trait `readsAtOnce`')
    },
  },
  {
    name: 'load answers without a promise, whether there is a record or not',
    powers: ['readsAtOnce'],
    async prove(scene) {
      const { key } = await scene.kept()
      const answers = [scene.store.load(key), scene.store.load(scene.record().key)]
      await Promise.all(answers)
      assert.deepEqual(answers.map(isPromise), [false, false])
    },
  },
  {
    name: 'ofSubject and epochOf answer without a promise, whether they find something or not',
    powers: ['readsAtOnce', 'subjects'],
    async prove(scene) {
      const { subjects } = scene
      await scene.kept(scene.wholeRecord())
      const next = { epoch: 1, except: undefined, expiresAt: scene.now() + lifetimeMs }
      await subjects.exchangeEpoch({ subject: 'ada', next, expected: 0 })
      const answers = ['ada', 'nobody'].flatMap(name => [subjects.ofSubject(name), subjects.epochOf(name)])
      await Promise.all(answers)
      assert.deepEqual(answers.map(isPromise), [false, false, false, false])
    },
  },
  {
    name: 'records streams every live record exactly once',
    powers: ['enumerate'],
    async prove(scene) {
      const records = [
        await scene.kept(),
        await scene.kept(scene.wholeRecord()),
        await scene.kept({ data: Uint8Array.of(7) }),
      ]
      await expectStream(scene, records)
    },
  },
  {
    name: 'records streams a changed record as it is now',
    powers: ['enumerate'],
    async prove(scene) {
      const record = await scene.kept()
      const next = nextOf(record)
      await scene.store.replace(next, 1)
      await expectStream(scene, [next])
    },
  },
  {
    name: 'records streams nothing from an empty store',
    powers: ['enumerate'],
    async prove(scene) {
      await expectStream(scene, [])
    },
  },
  {
    name: 'records leaves out deleted and expired records',
    powers: ['enumerate'],
    async prove(scene) {
      await scene.deleted()
      const record = await scene.kept()
      await scene.ended()
      await expectStream(scene, [record])
    },
  },
  {
    name: 'sweep removes expired records, and answers how many',
    powers: ['sweep'],
    async prove(scene) {
      await endedRecords(scene, 5)
      assert.equal((await scene.sweeping.sweep(100)).removed, 5)
      assert.equal((await scene.sweeping.sweep(100)).removed, 0)
    },
  },
  {
    name: 'sweep removes at most as many records as its limit',
    powers: ['sweep'],
    async prove(scene) {
      await endedRecords(scene, 5)
      const answers = [
        (await scene.sweeping.sweep(2)).removed,
        (await scene.sweeping.sweep(2)).removed,
        (await scene.sweeping.sweep(2)).removed,
      ]
      assert.deepEqual(answers, [2, 2, 1])
    },
  },
  {
    name: 'sweep removes a record at the exact millisecond at which it expires',
    powers: ['sweep'],
    async prove(scene) {
      await scene.kept()
      await scene.advance(lifetimeMs - 1)
      assert.equal((await scene.sweeping.sweep(100)).removed, 0)
      await scene.advance(1)
      assert.equal((await scene.sweeping.sweep(100)).removed, 1)
    },
  },
  {
    name: 'sweep leaves every live record alone, including one that a touch has prolonged',
    powers: ['sweep'],
    async prove(scene) {
      const [record, touched] = [await scene.kept(), await scene.kept({ expiresAt: scene.now() + 1000 })]
      const activity = { touchedAt: touched.touchedAt, expiresAt: record.expiresAt, device: undefined }
      await scene.store.touch(touched.key, { ...activity, subject: touched.subject })
      await scene.ended()
      assert.equal((await scene.sweeping.sweep(100)).removed, 1)
      await scene.expectKept(record)
      await scene.expectKept({ ...touched, ...activity })
    },
  },
  {
    name: 'sweep by an earlier time leaves records alone that have expired since',
    powers: ['sweep'],
    async prove(scene) {
      const early = await scene.kept({ expiresAt: scene.now() + 1000 })
      await scene.kept({ expiresAt: scene.now() + 1001 })
      await scene.advance(1001)
      assert.equal((await scene.sweeping.sweep(100, early.expiresAt - 1)).removed, 0)
      assert.equal((await scene.sweeping.sweep(100, early.expiresAt)).removed, 1)
      assert.equal((await scene.sweeping.sweep(100)).removed, 1)
    },
  },
  {
    name: 'sweep tells when expired records are left, and does not put a later one off',
    powers: ['sweep'],
    async prove(scene) {
      await endedRecords(scene, 3)
      const { nextAt } = await scene.sweeping.sweep(2)
      assert.ok(nextAt !== undefined && nextAt <= scene.now(), 'Expected `nextAt` to have passed.')
      const { expiresAt } = await scene.kept()
      const rest = await scene.sweeping.sweep(100)
      const { nextAt: later = expiresAt } = rest
      assert.ok(later > scene.now() && later <= expiresAt, 'Expected `nextAt` to be about the next end.')
    },
  },
  {
    name: 'small sweeps come to every expired record, however many have been prolonged',
    powers: ['sweep'],
    async prove(scene) {
      const expiresAt = scene.now() + 1000
      for (let made = 0; made < 12; made++) {
        const { key, subject, touchedAt } = await scene.kept({ expiresAt })
        const activity = { touchedAt, expiresAt: expiresAt + lifetimeMs, device: undefined, subject }
        if (made % 4 > 0) await scene.store.touch(key, activity)
      }
      await scene.advance(1000)
      let removed = 0
      for (
        let nextAt: number | undefined = 0, steps = 0;
        nextAt !== undefined && nextAt <= scene.now();
        steps++
      ) {
        assert.ok(steps < 50, 'Expected the sweeps to come to an end.')
        const step: Sweep = await scene.sweeping.sweep(1)
        removed += step.removed
        nextAt = step.nextAt
      }
      assert.equal(removed, 3)
    },
  },
  {
    name: 'two concurrent sweeps count no record twice',
    powers: ['sweep'],
    async prove(scene) {
      await endedRecords(scene, 10)
      const answers = await Promise.all([scene.sweeping.sweep(100), scene.sweeping.sweep(100)])
      assert.equal(answers[0].removed + answers[1].removed, 10)
    },
  },
]

/** Asserts that the store streams exactly these records, in any order. */
async function expectStream(scene: Scene, expected: readonly SessionRecord[]): Promise<void> {
  const streamed: SessionRecord[] = []
  for await (const record of scene.enumerating.records()) streamed.push(record)
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
