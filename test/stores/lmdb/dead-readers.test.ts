import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lmdbStore, type RecordFile } from 'sojourn/lmdb'
import { fakeClock } from 'sojourn/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BuiltSources } from '../../support/built-sources.ts'
import { Peer } from './peer.ts'
import { recordWith } from './record-with.ts'

let sources: BuiltSources
const folder = mkdtempSync(join(tmpdir(), 'sojourn-lmdb-readers-'))

beforeAll(() => {
  sources = new BuiltSources('test/stores/lmdb/programs')
})

afterAll(() => {
  sources.remove()
  rmSync(folder, { recursive: true, force: true })
})

/** Writes over one record again and again. In a file that nobody pins, two or three versions of it have room. */
async function overwrite(store: RecordFile, times: number): Promise<void> {
  for (let time = 1; time <= times; time += 1) {
    await store.delete('a')
    await store.create(recordWith({ key: 'a', data: 'x'.repeat(20_000) }))
  }
}

/** @see Issue 13, point 4 */
test('a process that is killed while it reads holds on to nothing for longer than seconds', async () => {
  const clock = fakeClock()
  const store = lmdbStore({ path: folder, clock, durability: 'committed' })
  const size = () => statSync(join(folder, 'data.mdb')).size
  const reader = new Peer(sources.program('test/stores/lmdb/programs/member'))
  try {
    await reader.ask('open', { path: folder, durability: 'committed' })
    await overwrite(store, 50)
    // It reads, and does not come to the end of its turn.
    void reader.ask('lookTwice', { key: 'a', subject: 'ada', signal: join(folder, 'never') })
    await reader.hasTold(1)
    const before = size()
    await overwrite(store, 100)
    expect(size()).toBeGreaterThan(before + 1_000_000)
    await reader.kill()
    clock.advance(5000)
    await overwrite(store, 50)
    const settled = size()
    await overwrite(store, 500)
    expect(size()).toBe(settled)
  } finally {
    await reader.kill()
    await store.close()
  }
})
