import assert from 'node:assert/strict'
import type { EncodedData } from '../../core/store.ts'
import { expectSameData, nextOf, type Scene, type SceneClause } from '../scene.ts'

/**
 * Text is any well-formed text. A lone surrogate is not promised: UTF-8 has no bytes for it, and
 * `JSON.stringify` writes it as an escape, so that no codec of Sojourn hands one to a store.
 */
const texts = [
  '',
  ' ',
  '"\\\'`$%',
  '\0\u0001\u001f\u007f',
  '\r\n\t',
  'ünï, 日本語, 👩‍👩‍👧',
  '\ufeffe\u0301',
  '{"$where":"1"}',
]

export const dataClauses: readonly SceneClause[] = [
  {
    name: 'every field of a record comes back as it was',
    async prove(scene) {
      const now = scene.now()
      const times = { createdAt: now - 30, touchedAt: now - 20, expiresAt: now + 1_234_567 }
      await scene.expectKept(await scene.kept({ ...times, version: 7, subject: 'ada' }))
    },
  },
  {
    name: 'a large version and times far away come back as they were',
    async prove(scene) {
      const expiresAt = scene.now() + 10 * 365 * 86_400_000
      await scene.expectKept(await scene.kept({ version: 2 ** 40, createdAt: 0, expiresAt }))
    },
  },
  {
    name: 'a record that nobody has signed in to comes back without a subject',
    async prove(scene) {
      await scene.expectKept(await scene.kept({ subject: undefined }))
    },
  },
  {
    name: 'a subject comes back as it was, in any script and the empty one too',
    async prove(scene) {
      for (const subject of texts) await scene.expectKept(await scene.kept({ subject }))
    },
  },
  {
    name: 'text comes back as it was, in any script and the empty one too',
    async prove(scene) {
      for (const data of texts) await expectBothWays(scene, data)
    },
  },
  {
    name: 'bytes come back as they were, all 256 values and none at all',
    async prove(scene) {
      await expectBothWays(
        scene,
        Uint8Array.from({ length: 256 }, (_, index) => index),
      )
      await expectBothWays(scene, new Uint8Array())
    },
  },
  {
    name: 'a view into a larger buffer comes back as the view alone',
    async prove(scene) {
      await expectBothWays(scene, Uint8Array.from({ length: 256 }, (_, index) => index).subarray(100, 110))
    },
  },
  {
    name: 'a megabyte comes back as it was, as text and as bytes',
    async prove(scene) {
      await expectBothWays(scene, 'sojourn '.repeat(131_072))
      await expectBothWays(scene, new Uint8Array(1_048_576).fill(255))
    },
  },
  {
    name: 'changing the bytes that were handed in does not change what is kept',
    async prove(scene) {
      const data = Uint8Array.of(1, 2, 3)
      const record = await scene.kept({ data })
      data.fill(9)
      await expectData(scene, record.key, Uint8Array.of(1, 2, 3))
      await scene.store.replace(nextOf(record, { data }), 1)
      data.fill(0)
      await expectData(scene, record.key, Uint8Array.of(9, 9, 9))
    },
  },
  {
    name: 'changing the bytes that were answered does not change what is kept',
    async prove(scene) {
      const record = await scene.kept({ data: Uint8Array.of(1, 2, 3) })
      overwrite(await scene.store.load(record.key))
      await expectData(scene, record.key, Uint8Array.of(1, 2, 3))
      overwrite(await scene.store.replace(nextOf(record), 5))
      await expectData(scene, record.key, Uint8Array.of(1, 2, 3))
    },
  },
]

/** Text and bytes take the same two ways into a store: a creation and a replacement. */
async function expectBothWays(scene: Scene, data: EncodedData): Promise<void> {
  await scene.expectKept(await scene.kept({ data }))
  const record = await scene.kept()
  const next = nextOf(record, { data })
  assert.equal(await scene.store.replace(next, record.version), 'replaced')
  await scene.expectKept(next)
}

async function expectData(scene: Scene, key: string, data: EncodedData): Promise<void> {
  const found = await scene.store.load(key)
  assert.ok(found, 'Expected `load` to find the record.')
  expectSameData(found.data, data)
}

function overwrite(answer: unknown): void {
  assert.ok(
    typeof answer === 'object' && answer !== null && 'data' in answer && answer.data instanceof Uint8Array,
  )
  answer.data.fill(0)
}
