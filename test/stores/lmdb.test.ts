import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lmdbStore } from 'sojourn/lmdb'
import { fakeClock, promisesHold, storeContract } from 'sojourn/testing'
import { afterAll, describe, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'sojourn-lmdb-'))
let opened = 0

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function bench() {
  const clock = fakeClock()
  opened += 1
  const store = lmdbStore({ path: join(folder, `${opened}`), clock, sweepPerCreate: 0 })
  return {
    store,
    now: () => clock.now(),
    advance: (spanMs: number) => clock.jump(spanMs),
    close: () => store.close(),
  }
}

describe('the lmdb store keeps the contract', () => {
  const contract = storeContract({
    powers: ['enumerate', 'sweep', 'subjects', 'readsAtOnce'],
    open: bench,
  })
  for (const clause of contract) test(clause.name, () => clause.run())
})

test('every promise holds through thousands of random steps', async () => {
  await promisesHold({ open: bench, steps: 3000 })
}, 120_000)
