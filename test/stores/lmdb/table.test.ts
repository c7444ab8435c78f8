import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LmdbStoreOptions, lmdbStore } from 'sojourn/lmdb'
import { fakeClock } from 'sojourn/testing'
import { afterAll, expect, test } from 'vitest'
import { inspectFile } from './inspected-file.ts'
import { recordWith } from './record-with.ts'

const folder = mkdtempSync(join(tmpdir(), 'sojourn-lmdb-table-'))
const hour = 3_600_000
let made = 0
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function open(options: Partial<LmdbStoreOptions> = {}) {
  made += 1
  const path = join(folder, `${made}`)
  const clock = fakeClock()
  const store = lmdbStore({ path, clock, durability: 'committed', ...options })
  const at = clock.now()
  const keep = (
    count: number,
    facts: Parameters<typeof recordWith>[0] & { readonly prefix?: string } = {},
  ) => {
    const { prefix = 'k', ...others } = facts
    const records = Array.from({ length: count }, (_, index) =>
      recordWith({ key: `${prefix}${index}`, expiresAt: at + 1000, ...others }),
    )
    return Promise.all(records.map(record => store.create(record)))
  }
  return { path, clock, store, at, keep, size: () => statSync(join(path, 'data.mdb')).size }
}

test('items that end at the same moment are all removed, and each is counted once', async () => {
  const { store, clock, keep, path } = open()
  await keep(1000, { subject: 'ada' })
  clock.jump(999)
  expect((await store.sweep(10_000)).removed).toBe(0)
  clock.jump(1)
  expect((await store.sweep(400)).removed).toBe(400)
  expect((await store.sweep(10_000)).removed).toBe(600)
  expect((await store.sweep(10_000)).removed).toBe(0)
  expect(inspectFile(path)).toMatchObject({ names: [], faults: [] })
  await store.close()
})

test('what never ends is not swept, and a sweep without a limit ends', async () => {
  const { store, clock, keep, path } = open()
  await keep(10, { prefix: 'for ever', expiresAt: Number.POSITIVE_INFINITY })
  await keep(600)
  clock.jump(5e12)
  expect((await store.sweep(Number.POSITIVE_INFINITY)).removed).toBe(600)
  expect([...store.records()]).toHaveLength(10)
  expect(inspectFile(path).faults).toEqual([])
  await store.close()
})

test('several sweeps at once count nothing twice', async () => {
  const { store, clock, keep } = open()
  await keep(700)
  clock.jump(2000)
  const counts = await Promise.all([1, 2, 3].map(() => store.sweep(10_000)))
  expect(counts.reduce((sum, { removed }) => sum + removed, 0)).toBe(700)
  await store.close()
})

test('a sweep leaves what was prolonged meanwhile', async () => {
  const { store, clock, keep, at, path } = open()
  await keep(300)
  clock.jump(500)
  const touching = ['k0', 'k150', 'k299'].map(key =>
    store.touch(key, { touchedAt: at + 500, expiresAt: at + 9000, device: undefined }),
  )
  clock.jump(600)
  const { removed } = await store.sweep(1000)
  expect(await Promise.all(touching)).toEqual([true, true, true])
  expect((await store.sweep(1000)).removed).toBe(297 - removed)
  expect([...store.records()].map(({ key }) => key).sort()).toEqual(['k0', 'k150', 'k299'])
  expect(inspectFile(path).faults).toEqual([])
  await store.close()
})

test('the file stops growing when as many sessions end as begin and each round is swept', async () => {
  const { store, clock, size, keep } = open()
  const sizes: number[] = []
  for (let round = 0; round < 30; round += 1) {
    const expiresAt = clock.now() + hour
    await keep(200, { prefix: `${round}-`, subject: 'ada', expiresAt, data: 'x'.repeat(500) })
    clock.advance(hour)
    await store.sweep(1000)
    sizes.push(size())
  }
  expect(sizes.at(-1)).toBeLessThan(1.5 * Number(sizes[9]))
  expect([...store.records()]).toEqual([])
  await store.close()
})

test('a stream of records that nobody reads to its end does not make the file grow', async () => {
  const { store, clock, size, keep } = open()
  await keep(300, { prefix: 'stay', expiresAt: 9e15 })
  const streams: unknown[] = []
  const sizes: number[] = []
  for (let round = 0; round < 30; round += 1) {
    const stream = store.records()
    stream.next()
    streams.push(stream)
    await keep(200, { prefix: `${round}-`, expiresAt: clock.now() + hour, data: 'x'.repeat(500) })
    clock.advance(hour)
    await store.sweep(1000)
    sizes.push(size())
  }
  expect(streams).toHaveLength(30)
  expect(sizes.at(-1)).toBeLessThan(2 * Number(sizes[9]))
  await store.close()
})

test('a stream goes on over what comes and goes meanwhile', async () => {
  const { store, keep } = open()
  await keep(500)
  const seen: string[] = []
  for await (const { key } of store.records()) {
    seen.push(key)
    if (key === 'k150') await store.delete('k499')
    if (key === 'k151') await keep(1, { prefix: 'zz' })
  }
  expect(seen).toHaveLength(500)
  expect(new Set(seen).size).toBe(500)
  expect(seen).not.toContain('k499')
  expect(seen).toContain('zz0')
  await store.close()
})

const oddKeys = [
  '',
  '\0',
  'a\0b',
  '\u0001',
  'x'.repeat(1900),
  'x'.repeat(1972),
  'x'.repeat(5000),
  '漢'.repeat(3000),
  '\ud800',
  '\n',
]

test.each(oddKeys.map(key => [JSON.stringify(key).slice(0, 20), key]))(
  'a key of an odd shape ends in an answer or an error, and in nothing half-written: %s',
  async (_title, key) => {
    const { store, keep, path } = open()
    await keep(1)
    const settle = async (deed: () => unknown) => {
      try {
        return await deed()
      } catch (error) {
        return error instanceof Error ? 'refused' : error
      }
    }
    expect([undefined, 'refused']).toContain(await settle(() => store.load(key)))
    const created = await settle(() => store.create(recordWith({ key, subject: 'ada' })))
    if (created === true) {
      expect(store.load(key)?.key).toBe(key)
      expect(await store.delete(key)).toBe(true)
    } else expect(created).toBe('refused')
    expect([false, 'refused']).toContain(await settle(() => store.delete(key)))
    expect(await store.create(recordWith({ key: 'after' }))).toBe(true)
    expect(inspectFile(path)).toMatchObject({ names: ['after', 'k0'], faults: [] })
    await store.close()
  },
)

test('of many changes of one record at the same time each is made upon the one before', async () => {
  const { store, keep, path } = open()
  await keep(1)
  const countUp = async (): Promise<void> => {
    for (;;) {
      const found = store.load('k0')
      if (found === undefined) return
      const next = { ...found, version: found.version + 1, subject: `user-${found.version % 3}` }
      if ((await store.replace(next, found.version)) === 'replaced') return
    }
  }
  await Promise.all(Array.from({ length: 60 }, countUp))
  expect(store.load('k0')?.version).toBe(61)
  expect(inspectFile(path).faults).toEqual([])
  await store.close()
})
