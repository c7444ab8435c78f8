import assert from 'node:assert/strict'
import type { SubjectEpoch } from '../../core/record/store.ts'
import { lifetimeMs, type SceneClause, twentyTimes } from '../scene.ts'
import { distinctSubjects } from './distinct-subjects.ts'
import { exceptionClauses } from './epoch-exceptions.ts'
import { expectEpoch, raised } from './raised.ts'
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
    name: 'a raised epoch comes back as it was, up to the largest safe integer',
    async prove(scene) {
      for (const number of [1, 2 ** 32 + 1, scene.now(), Number.MAX_SAFE_INTEGER]) {
        for (const except of [key, undefined]) {
          const subject = `${number} ${except}`
          await expectEpoch(scene, subject, await raised(scene, subject, { epoch: number, except }))
        }
      }
    },
  },
  {
    name: 'raiseEpoch replaces a lower epoch by a higher one, which has its own exception',
    async prove(scene) {
      await raised(scene, 'ada', { epoch: 1, except: key })
      await expectEpoch(scene, 'ada', await raised(scene, 'ada', { epoch: 2 }))
      await expectEpoch(
        scene,
        'ada',
        await raised(scene, 'ada', { epoch: 10, except: key, lastsMs: 9_000_000 }),
      )
    },
  },
  {
    name: 'raiseEpoch with a lower epoch does not lower or shorten the current one, or change its exception',
    async prove(scene) {
      const high = await raised(scene, 'ada', { epoch: 10, except: key })
      await raised(scene, 'ada', { epoch: 9, except: 'other' })
      await raised(scene, 'ada', { epoch: 2, lastsMs: 1000 })
      await expectEpoch(scene, 'ada', high)
    },
  },
  {
    name: 'of two equal epochs the later end is kept',
    async prove(scene) {
      const [long, short] = [lifetimeMs, 1000]
      for (const [index, [first, second]] of [[long, short] as const, [short, long] as const].entries()) {
        await raised(scene, `${index}`, { epoch: 5, except: key, lastsMs: first })
        await raised(scene, `${index}`, { epoch: 5, except: key, lastsMs: second })
        const expiresAt = scene.now() + long
        await expectEpoch(scene, `${index}`, { epoch: 5, except: key, expiresAt })
      }
    },
  },
  {
    name: 'of twenty concurrently raised epochs, the highest is kept',
    async prove(scene) {
      // In a mixed order, so that neither the first nor the last one is the highest.
      const raises = await twentyTimes(index => raised(scene, 'ada', { epoch: 1 + ((index * 7) % 20) }))
      await expectEpoch(
        scene,
        'ada',
        raises.find(({ epoch }) => epoch === 20),
      )
    },
  },
  {
    name: 'epochOf answers undefined from the exact millisecond at which an epoch expires',
    async prove(scene) {
      const epoch = await raised(scene, 'ada', { epoch: 5 })
      await scene.advance(lifetimeMs - 1)
      await expectEpoch(scene, 'ada', epoch)
      await scene.advance(1)
      await expectEpoch(scene, 'ada', undefined)
    },
  },
  {
    name: 'an expired epoch does not keep a lower one out',
    async prove(scene) {
      await raised(scene, 'ada', { epoch: 5, except: key, lastsMs: 1000 })
      await scene.advance(1000)
      await expectEpoch(scene, 'ada', await raised(scene, 'ada', { epoch: 3 }))
    },
  },
  {
    name: 'an epoch that has already expired is not kept, and replaces no other',
    async prove(scene) {
      await raised(scene, 'ada', { epoch: 5, lastsMs: 0 })
      await expectEpoch(scene, 'ada', undefined)
      const epoch = await raised(scene, 'ada', { epoch: 6 })
      await raised(scene, 'ada', { epoch: 7, lastsMs: -1 })
      await expectEpoch(scene, 'ada', epoch)
    },
  },
  {
    name: 'an epoch belongs to its subject only, however similar other subjects are',
    async prove(scene) {
      const epochs = new Map<string, SubjectEpoch>()
      for (const [index, subject] of distinctSubjects.entries()) {
        await expectEpoch(scene, subject, undefined)
        epochs.set(subject, await raised(scene, subject, { epoch: index + 1 }))
      }
      for (const [subject, epoch] of epochs) await expectEpoch(scene, subject, epoch)
    },
  },
  {
    name: 'raising an epoch ends no session by itself: load and ofSubject find each one as before',
    async prove(scene) {
      const records = [await scene.kept(scene.wholeRecord()), await scene.kept({ subject: 'ada' })]
      await raised(scene, 'ada', { epoch: scene.now() })
      for (const record of records) await scene.expectKept(record)
      await expectListed(scene, 'ada', records)
    },
  },
  {
    name: 'an epoch outlives the sessions of its subject',
    async prove(scene) {
      const epoch = await raised(scene, 'ada', { epoch: 5 })
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
      await raised(scene, key, { epoch: 5 })
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
      await raised(scene, 'ada', { epoch: 5 })
      for await (const _ of scene.enumerating.records()) assert.fail('Expected no record.')
    },
  },
  {
    name: 'sweep counts no epoch, and removes none before it expires',
    powers: ['sweep'],
    async prove(scene) {
      const epoch = await raised(scene, 'ada', { epoch: 5 })
      await raised(scene, 'bob', { epoch: 5, lastsMs: 1000 })
      await scene.ended({ subject: 'ada' })
      assert.equal(await scene.sweeping.sweep(100), 1)
      assert.equal(await scene.sweeping.sweep(100), 0)
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

export const epochClauses: readonly SceneClause[] = [...clauses, ...exceptionClauses].map(clause => ({
  ...clause,
  powers: ['subjects', ...(clause.powers ?? [])],
}))
