import assert from 'node:assert/strict'
import type { EncodedData, SessionRecord } from '../../core/record/store.ts'
import { expectSameData, nextOf, type Scene, type SceneClause } from '../scene.ts'

/**
 * Well-formed texts. A store need not keep lone surrogates: UTF-8 has no bytes for them, and `JSON.stringify` escapes
 * them, so that no codec of Sojourn hands one to a store.
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
      await scene.expectKept(await scene.kept(scene.wholeRecord()))
    },
  },
  {
    name: 'every field of a replacement comes back as it was, and no field of the old record is left',
    async prove(scene) {
      const bare = await scene.kept()
      const { key, version, touchedAt } = bare
      const whole = nextOf(scene.wholeRecord({ key, version, touchedAt: touchedAt + 1 }))
      assert.equal(await scene.store.replace(whole, bare.version), 'replaced')
      await scene.expectKept(whole)
      const bareAgain = { ...bare, version: whole.version + 1, touchedAt: touchedAt + 2 }
      assert.equal(await scene.store.replace(bareAgain, whole.version), 'replaced')
      await scene.expectKept(bareAgain)
    },
  },
  {
    name: 'concurrent creations and replacements do not mix up the fields of records',
    async prove(scene) {
      const records = Array.from({ length: 20 }, (_, index) => numbered(scene.wholeRecord(), index))
      await Promise.all(records.map(record => scene.store.create(record)))
      for (const record of records) await scene.expectKept(record)
      const nexts = records.map((record, index) => numbered(nextOf(record), index + 100))
      await Promise.all(nexts.map(next => scene.store.replace(next, next.version - 1)))
      for (const next of nexts) await scene.expectKept(next)
    },
  },
  {
    name: 'a large version and far-away times come back as they were',
    async prove(scene) {
      const times = { createdAt: 0, authenticatedAt: 0, expiresAt: scene.now() + 10 * 365 * 86_400_000 }
      await scene.expectKept(await scene.kept({ ...times, version: 2 ** 40, subject: 'ada' }))
    },
  },
  {
    name: 'an epoch comes back as it was, up to the largest safe integer',
    async prove(scene) {
      for (const epoch of [0, 1, 2 ** 31, 2 ** 32 + 1, scene.now(), Number.MAX_SAFE_INTEGER]) {
        await expectBothWays(scene, { subject: 'ada', epoch })
      }
    },
  },
  {
    name: 'an anonymous record comes back without a subject',
    async prove(scene) {
      await scene.expectKept(await scene.kept({ subject: undefined }))
    },
  },
  {
    name: 'a subject comes back as it was, in any script and even when it is empty',
    async prove(scene) {
      for (const subject of texts) await scene.expectKept(await scene.kept({ subject }))
    },
  },
  {
    name: 'a device and a rotation come back as they were, in any script and even when they are empty',
    async prove(scene) {
      for (const text of texts) await expectBothWays(scene, { device: text, rotation: text })
    },
  },
  {
    name: 'a long subject, device and rotation come back as they were, to the last character',
    async prove(scene) {
      const subject = `${'語'.repeat(1023)}!`
      await expectBothWays(scene, { subject, device: longText(511), rotation: longText(4095) })
    },
  },
  {
    name: 'text comes back as it was, in any script and even when it is empty',
    async prove(scene) {
      for (const data of texts) await expectBothWays(scene, { data })
    },
  },
  {
    name: 'bytes come back as they were, all 256 values and no bytes at all',
    async prove(scene) {
      await expectBothWays(scene, { data: allBytes() })
      await expectBothWays(scene, { data: new Uint8Array() })
    },
  },
  {
    name: 'a view into a larger buffer comes back as the view alone',
    async prove(scene) {
      await expectBothWays(scene, { data: allBytes().subarray(100, 110) })
    },
  },
  {
    name: 'a megabyte comes back as it was, as text and as bytes',
    async prove(scene) {
      await expectBothWays(scene, { data: 'sojourn '.repeat(131_072) })
      await expectBothWays(scene, { data: new Uint8Array(1_048_576).fill(255) })
    },
  },
  {
    name: 'a caller that changes the bytes it handed in does not change the record',
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
    name: 'a caller that changes the bytes it got back does not change the record',
    async prove(scene) {
      const record = await scene.kept({ data: Uint8Array.of(1, 2, 3) })
      overwrite(await scene.store.load(record.key))
      await expectData(scene, record.key, Uint8Array.of(1, 2, 3))
      overwrite(await scene.store.replace(nextOf(record), 5))
      await expectData(scene, record.key, Uint8Array.of(1, 2, 3))
    },
  },
]

/** Checks a record both after `create` and after `replace`. */
async function expectBothWays(scene: Scene, changes: Partial<SessionRecord>): Promise<void> {
  await scene.expectKept(await scene.kept(changes))
  const record = await scene.kept()
  const next = nextOf(record, changes)
  assert.equal(await scene.store.replace(next, record.version), 'replaced')
  await scene.expectKept(next)
}

/** A record that shares no value with a record of another number. */
function numbered(record: SessionRecord, number: number): SessionRecord {
  return {
    ...record,
    createdAt: record.createdAt + number,
    expiresAt: record.expiresAt + number,
    device: `device ${number}`,
    subject: `subject ${number}`,
    authenticatedAt: number,
    epoch: number,
    rotation: `rotation ${number}`.repeat(50),
    data: `data ${number}`,
  }
}

function longText(length: number): string {
  return `${'{"from":"é"}'.repeat(length).slice(0, length)}!`
}

function allBytes(): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, index) => index)
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
