import assert from 'node:assert/strict'
import type { SessionRecord, SubjectEpoch } from '../../core/record/store.ts'
import { lifetimeMs, type Scene, type SceneClause, twentyTimes } from '../scene.ts'
import { distinctSubjects } from './distinct-subjects.ts'
import { endBelowClauses } from './end-below.ts'
import { exchange, expectEpoch, factsOf, withEpoch } from './epoch-calls.ts'
import { endAll, signIn } from './sign-ins.ts'
import { expectListed } from './subjects.ts'

const key = 'k'.repeat(43)

const clauses: readonly SceneClause[] = [
  {
    name: 'epochOf answers undefined for a subject without an epoch',
    async prove(scene) {
      await scene.kept(scene.wholeRecord())
      await expectEpoch(scene, 'ada', undefined)
    },
  },
  {
    name: 'the epoch of a subject comes back as it was, up to the largest safe integer',
    async prove(scene) {
      for (const number of [1, 2 ** 32 + 1, scene.now(), Number.MAX_SAFE_INTEGER]) {
        for (const except of [key, undefined]) {
          const subject = `${number} ${except}`
          await expectEpoch(scene, subject, await withEpoch(scene, subject, { epoch: number, except }))
        }
      }
    },
  },
  {
    name: 'load returns the epoch of its subject with a session, and none with an anonymous one',
    async prove(scene) {
      const [anonymous, record] = [await scene.kept(), await scene.kept({ subject: 'ada' })]
      await expectLoadedEpoch(scene, record, undefined)
      const first = await withEpoch(scene, 'ada', { epoch: 5, except: key, lastsMs: 1000 })
      await expectLoadedEpoch(scene, record, first)
      // The core may give a loaded record back as it is. The epoch in it is no part of the record.
      await scene.store.replace({ ...record, ...(await scene.store.load(record.key)), version: 2 }, 1)
      const second = await withEpoch(scene, 'ada', { epoch: 9, lastsMs: 1000 })
      await expectLoadedEpoch(scene, record, second)
      await expectLoadedEpoch(scene, anonymous, undefined)
      await scene.advance(1000)
      await expectLoadedEpoch(scene, record, undefined)
    },
  },
  {
    name: 'exchangeEpoch replaces the expected epoch, with its exception and its end',
    async prove(scene) {
      await withEpoch(scene, 'ada', { epoch: 5, except: key, expected: 0 })
      const next = { epoch: 10, except: undefined, lastsMs: 9_000_000, expected: 5 }
      await expectEpoch(scene, 'ada', await withEpoch(scene, 'ada', next))
      const last = { epoch: 11, except: key, lastsMs: 1000, expected: 10 }
      await expectEpoch(scene, 'ada', await withEpoch(scene, 'ada', last))
    },
  },
  {
    name: 'exchangeEpoch answers undefined for another epoch than the expected one, and changes nothing',
    async prove(scene) {
      const present = await withEpoch(scene, 'ada', { epoch: 5, except: key })
      for (const expected of [0, 4, 6]) {
        assert.equal(await exchange(scene, 'ada', { epoch: 9, expected }), undefined)
        await expectEpoch(scene, 'ada', present)
      }
    },
  },
  {
    name: 'exchangeEpoch without an expected epoch replaces any, and never lowers the number',
    async prove(scene) {
      await withEpoch(scene, 'ada', { epoch: 5, except: key })
      await expectEpoch(scene, 'ada', await withEpoch(scene, 'ada', { epoch: 9 }))
      for (const [epoch, raised] of [[9, 10] as const, [3, 11] as const]) {
        assert.equal(await exchange(scene, 'ada', { epoch }), raised)
        const expiresAt = scene.now() + lifetimeMs
        await expectEpoch(scene, 'ada', { epoch: raised, except: undefined, expiresAt })
      }
    },
  },
  {
    name: 'of twenty concurrent exchanges of one epoch, exactly one succeeds',
    async prove(scene) {
      for (const present of [0, 1]) {
        const answers = await twentyTimes(index =>
          exchange(scene, 'ada', { epoch: present + 1 + index, expected: present }),
        )
        const [winner, ...others] = answers.filter(answer => answer !== undefined)
        assert.deepEqual([winner === undefined, others.length], [false, 0])
        assert.equal((await scene.subjects.epochOf('ada'))?.epoch, winner)
        if (present === 0) await exchange(scene, 'ada', { epoch: 1, expected: winner })
      }
    },
  },
  {
    name: 'of twenty concurrent exchanges without an expected epoch, each gets a number of its own',
    async prove(scene) {
      const answers = await twentyTimes(() => exchange(scene, 'ada', { epoch: 5 }))
      const numbers = answers.map(answer => answer ?? 0).toSorted((one, other) => one - other)
      assert.deepEqual(
        numbers,
        Array.from({ length: 20 }, (_, index) => 5 + index),
      )
      assert.equal((await scene.subjects.epochOf('ada'))?.epoch, 24)
    },
  },
  {
    name: 'epochOf answers undefined from the exact millisecond at which an epoch expires',
    async prove(scene) {
      const epoch = await withEpoch(scene, 'ada', { epoch: 5 })
      await scene.advance(lifetimeMs - 1)
      await expectEpoch(scene, 'ada', epoch)
      await scene.advance(1)
      await expectEpoch(scene, 'ada', undefined)
    },
  },
  {
    name: 'an expired epoch counts as none, whatever the caller expects',
    async prove(scene) {
      for (const expected of [undefined, 0, 5]) {
        const subject = `ada ${expected}`
        await withEpoch(scene, subject, { epoch: 5, except: key, lastsMs: 1000 })
        await scene.advance(1000)
        await expectEpoch(scene, subject, await withEpoch(scene, subject, { epoch: 3, expected }))
      }
    },
  },
  {
    name: 'an epoch that has already expired is not kept, and replaces no other',
    async prove(scene) {
      await exchange(scene, 'ada', { epoch: 5, lastsMs: 0 })
      await expectEpoch(scene, 'ada', undefined)
      const epoch = await withEpoch(scene, 'ada', { epoch: 6 })
      await exchange(scene, 'ada', { epoch: 7, lastsMs: -1 })
      await exchange(scene, 'ada', { epoch: 7, lastsMs: -1, expected: 6 })
      await expectEpoch(scene, 'ada', epoch)
    },
  },
  {
    name: 'an epoch belongs to its subject only, however similar other subjects are',
    async prove(scene) {
      const epochs = new Map<string, SubjectEpoch>()
      for (const [index, subject] of distinctSubjects.entries()) {
        await expectEpoch(scene, subject, undefined)
        epochs.set(subject, await withEpoch(scene, subject, { epoch: index + 1 }))
      }
      for (const [subject, epoch] of epochs) await expectEpoch(scene, subject, epoch)
    },
  },
  {
    name: 'an epoch ends no session by itself: load and ofSubject find each one as before',
    async prove(scene) {
      const records = [await scene.kept(scene.wholeRecord()), await scene.kept({ subject: 'ada' })]
      await withEpoch(scene, 'ada', { epoch: scene.now() })
      for (const record of records) await scene.expectKept(record)
      await expectListed(scene, 'ada', records)
    },
  },
  {
    name: 'an epoch outlives the sessions of its subject',
    async prove(scene) {
      const epoch = await withEpoch(scene, 'ada', { epoch: 5 })
      const { key: deleted } = await scene.kept({ subject: 'ada' })
      await scene.store.delete(deleted)
      await scene.ended({ subject: 'ada' })
      await expectListed(scene, 'ada', [])
      await expectEpoch(scene, 'ada', epoch)
    },
  },
  {
    name: 'an epoch is no record: load and ofSubject do not find it, and its key stays free',
    async prove(scene) {
      await withEpoch(scene, key, { epoch: 5 })
      await scene.expectNone(key)
      await expectListed(scene, key, [])
      await scene.kept({ key })
      assert.equal(await scene.store.delete(key), true)
      assert.equal((await scene.subjects.epochOf(key))?.epoch, 5)
    },
  },
  {
    name: 'records streams no epoch',
    powers: ['enumerate'],
    async prove(scene) {
      await withEpoch(scene, 'ada', { epoch: 5 })
      for await (const _ of scene.enumerating.records()) assert.fail('Expected no record.')
    },
  },
  {
    name: 'sweep counts no epoch, and removes none before it expires',
    powers: ['sweep'],
    async prove(scene) {
      const epoch = await withEpoch(scene, 'ada', { epoch: 5 })
      await withEpoch(scene, 'bob', { epoch: 5, lastsMs: 1000 })
      await scene.ended({ subject: 'ada' })
      assert.equal((await scene.sweeping.sweep(100)).removed, 1)
      assert.equal((await scene.sweeping.sweep(100)).removed, 0)
      await expectEpoch(scene, 'ada', epoch)
    },
  },
  {
    name: 'of twenty sign-ins concurrent with an end of all, none with the earlier epoch is left',
    async prove(scene) {
      const before = await twentyTimes(() => scene.kept({ subject: 'ada' }))
      const [line, ...signedIn] = await Promise.all([
        endAll(scene, 'ada'),
        ...Array.from({ length: 20 }, (_, index) => signIn(scene, 'ada', index)),
      ])
      await expectEpoch(scene, 'ada', line)
      for (const record of before) await scene.expectNone(record.key)
      const later = signedIn.flatMap(record => (record.epoch === line.epoch ? [record] : []))
      await expectListed(scene, 'ada', later)
      const last = await signIn(scene, 'ada', 0)
      await expectListed(scene, 'ada', [...later, last])
    },
  },
]

export const epochClauses: readonly SceneClause[] = [...clauses, ...endBelowClauses].map(clause => ({
  ...clause,
  powers: ['subjects', ...(clause.powers ?? [])],
}))

async function expectLoadedEpoch(
  scene: Scene,
  { key: loaded }: SessionRecord,
  expected: SubjectEpoch | undefined,
): Promise<void> {
  const record = await scene.store.load(loaded)
  assert.ok(record !== undefined, 'Expected `load` to find the session.')
  assert.deepEqual(factsOf(record.subjectEpoch), expected)
}
