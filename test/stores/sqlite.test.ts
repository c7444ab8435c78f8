import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fakeClock, promisesHold, type StoreHarness, storeContract } from 'sojourn/testing'
import { afterAll, describe, test } from 'vitest'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { tellOfKnownStories } from '../testing/tell-of-stories.ts'

const folder = mkdtempSync(join(tmpdir(), 'sojourn-sqlite-'))
let made = 0
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function open() {
  const path = join(folder, `${++made}.db`)
  const clock = fakeClock()
  const opened: { close(): void }[] = []
  const connect = () => {
    const store = sqliteStore({ path, clock, durability: 'committed' })
    opened.push(store)
    return store
  }
  return {
    store: connect(),
    peer: connect,
    now: () => clock.now(),
    advance: (spanMs: number) => clock.jump(spanMs),
    close: () => {
      for (const store of opened) store.close()
    },
  }
}

const harness: StoreHarness = { powers: ['enumerate', 'sweep', 'subjects', 'leases', 'readsAtOnce'], open }

describe('the SQLite store keeps the contract', () => {
  for (const clause of storeContract(harness)) test(clause.name, () => clause.run())
})

describe('every promise holds', () => {
  test('for the stories of a seed', { timeout: 120_000 }, () =>
    promisesHold({ open, seed: 20261201, steps: 5000 }),
  )
  tellOfKnownStories(open)
})
