import { createPool, type Pool } from 'mysql2/promise'
import { mysqlStore } from 'sojourn/mysql'
import { fakeClock, promisesHold, type StoreHarness, storeContract } from 'sojourn/testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { describeService } from '../support/services/commands.ts'
import { MariadbServer } from '../support/services/mariadb.ts'

describeService('the MySQL store on MariaDB', 'mariadbd', () => {
  let server: MariadbServer
  const pools: Pool[] = []
  let made = 0
  beforeAll(async () => {
    server = await MariadbServer.start()
    for (const flags of ['', '-FOUND_ROWS']) {
      pools.push(createPool({ uri: server.url, connectionLimit: 5, flags: [flags].filter(Boolean) }))
    }
  })
  afterAll(async () => {
    await Promise.all(pools.map(pool => pool.end()))
    await server.stop()
  })

  const openWith = (pool: () => Pool) => () => {
    const prefix = `t${++made}`
    const clock = fakeClock()
    const open = () => mysqlStore({ pool: pool(), prefix, clock })
    return {
      store: open(),
      peer: open,
      now: () => clock.now(),
      advance: (spanMs: number) => clock.jump(spanMs),
    }
  }

  describe.each([
    ['with FOUND_ROWS', 0],
    ['without FOUND_ROWS', 1],
  ])('keeps the contract %s', (_name, index) => {
    const harness: StoreHarness = {
      powers: ['enumerate', 'sweep', 'subjects', 'leases'],
      open: openWith(() => pools[index]!),
    }
    for (const clause of storeContract(harness)) test(clause.name, () => clause.run())
  })

  test('every promise holds', { timeout: 120_000 }, () =>
    promisesHold({ open: openWith(() => pools[0]!), seed: 20261201, steps: 3000 }),
  )
})
