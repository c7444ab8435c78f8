import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lmdbStore } from 'sojourn/lmdb'
import { fakeClock, promisesHold, storeContract } from 'sojourn/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { tellOfKnownStories } from '../testing/tell-of-stories.ts'
import { recordWith } from './lmdb/record-with.ts'

const folder = mkdtempSync(join(tmpdir(), 'sojourn-lmdb-'))
let opened = 0

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function bench() {
  const clock = fakeClock()
  opened += 1
  const store = lmdbStore({ path: join(folder, `${opened}`), clock })
  return {
    store,
    now: () => clock.now(),
    advance: (spanMs: number) => clock.jump(spanMs),
    close: () => store.close(),
  }
}

describe('the lmdb store keeps the contract', () => {
  const contract = storeContract({
    powers: ['enumerate', 'sweep', 'subjects', 'leases', 'readsAtOnce'],
    open: bench,
  })
  for (const clause of contract) test(clause.name, () => clause.run())
})

test('an application may use the engine itself, as a module of the other kind, and before the store does', async () => {
  const { open } = await import('lmdb')
  const own = open({ path: join(folder, 'own') })
  await own.put('a', 1)
  const { store, close } = bench()
  const record = recordWith({})
  await store.create(record)
  expect(store.load(record.key)).toEqual(record)
  expect(own.get('a')).toBe(1)
  await Promise.all([close(), own.close()])
})

describe('every promise holds', () => {
  tellOfKnownStories(bench)
  test('in the stories of a seed', () => promisesHold({ open: bench, seed: 2030, steps: 2000 }), 60_000)
})
