import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SqliteRecords, sqliteStore } from 'sojourn/sqlite'
import { fakeClock, promisesHold, type StoreHarness, storeContract } from 'sojourn/testing'
import { afterAll, describe, test } from 'vitest'
import { describeSqlite, sqliteDrivers } from '../support/sqlite.ts'
import { tellOfKnownStories } from '../testing/tell-of-stories.ts'

const folder = mkdtempSync(join(tmpdir(), 'sojourn-sqlite-'))
const powers = ['enumerate', 'sweep', 'subjects', 'leases', 'readsAtOnce'] as const
let made = 0
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A database of its own, with as many connections as a test opens. */
function openBy(
  connect: (path: string, clock: ReturnType<typeof fakeClock>) => { store: SqliteRecords; close(): void },
) {
  return () => {
    const path = join(folder, `${++made}.db`)
    const clock = fakeClock()
    const closings: (() => void)[] = []
    const open = () => {
      const { store, close } = connect(path, clock)
      closings.push(close)
      return store
    }
    const close = (): void => {
      for (const each of closings) each()
    }
    return {
      store: open(),
      peer: open,
      now: () => clock.now(),
      advance: (spanMs: number) => clock.jump(spanMs),
      close,
    }
  }
}

const byPath = openBy((path, clock) => {
  const store = sqliteStore({ path, clock, durability: 'committed' })
  return { store, close: () => store.close() }
})

describeSqlite('the SQLite store keeps the contract', () => {
  const harness: StoreHarness = { powers, open: byPath }
  for (const clause of storeContract(harness)) test(clause.name, () => clause.run())
})

describe.each(sqliteDrivers)(
  'the SQLite store keeps the contract on a database of %s that it is given',
  (_name, open) => {
    const given = openBy((path, clock) => {
      const database = open(path)
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA busy_timeout = 2000')
      return { store: sqliteStore({ database, clock }), close: () => database.close() }
    })
    for (const clause of storeContract({ powers, open: given })) test(clause.name, () => clause.run())
  },
)

describeSqlite('every promise holds', () => {
  test('for the stories of a seed', { timeout: 120_000 }, () =>
    promisesHold({ open: byPath, seed: 20261201, steps: 5000 }),
  )
  tellOfKnownStories(byPath)
})
