import assert from 'node:assert/strict'
import { type SceneClause, twentyTimes } from '../scene.ts'
import { expectEpoch, raised } from './raised.ts'

const key = 'k'.repeat(43)

/** Epochs to raise, each with the session that it spares, and the epoch that the exception of the highest then needs. */
const exceptFromOf: { readonly [lines: string]: number } = {
  '9 key': 0,
  '5, 9 key': 5,
  '5 other, 9 key': 5,
  '5 key, 9 key': 0,
  '3, 5 key, 9 key': 3,
  '3, 5 other, 9 key': 5,
  '3 key, 5 other, 9 key': 5,
  '5, 9 key, 9 key': 5,
}

export const exceptionClauses: readonly SceneClause[] = [
  {
    name: 'of two equal epochs the exception is kept only if both have it',
    async prove(scene) {
      const pairs = [
        [key, 'other'],
        [key, undefined],
        [undefined, key],
      ] as const
      for (const [index, [first, second]] of pairs.entries()) {
        await raised(scene, `${index}`, { epoch: 5, except: first })
        const { expiresAt } = await raised(scene, `${index}`, { epoch: 5, except: second })
        await expectEpoch(scene, `${index}`, { epoch: 5, except: undefined, expiresAt })
      }
    },
  },
  {
    name: 'equal epochs that are raised concurrently with different exceptions leave no exception',
    async prove(scene) {
      const raises = await twentyTimes(index => raised(scene, 'ada', { epoch: 5, except: `${index}` }))
      await expectEpoch(scene, 'ada', raises[0] && { ...raises[0], except: undefined })
    },
  },
  {
    name: 'the exception of an epoch does not protect from a lower one, whichever is raised first',
    async prove(scene) {
      for (const [lines, exceptFrom] of Object.entries(exceptFromOf)) {
        const inOrder = lines.split(', ').map(line => line.split(' '))
        for (const [turn, ordered] of [inOrder, inOrder.toReversed()].entries()) {
          const subject = `${lines} ${turn}`
          for (const [epoch, except] of ordered)
            await raised(scene, subject, { epoch: Number(epoch), except })
          const found = await scene.subjects.epochOf(subject)
          assert.deepEqual([found?.except, found?.exceptFrom ?? 0], ['key', exceptFrom], subject)
        }
      }
    },
  },
  {
    name: 'of twenty concurrently raised epochs, the exception of the highest needs the highest that does not spare it',
    async prove(scene) {
      await twentyTimes(index => {
        const epoch = 1 + ((index * 7) % 20)
        return raised(scene, 'ada', { epoch, except: epoch > 17 ? key : 'other' })
      })
      const found = await scene.subjects.epochOf('ada')
      assert.deepEqual([found?.epoch, found?.except, found?.exceptFrom], [20, key, 17])
    },
  },
]
