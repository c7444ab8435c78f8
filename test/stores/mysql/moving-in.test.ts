import { createPool, type Pool, type RowDataPacket } from 'mysql2/promise'
import { mysqlStore } from 'sojourn/mysql'
import { afterAll, beforeAll } from 'vitest'
import { describeService } from '../../support/services/commands.ts'
import { MariadbServer } from '../../support/services/mariadb.ts'
import { tellOfMovingIn } from '../moving-in.ts'

// They have no types, or types for whoever has no others of the same names, so that they are named as text.
const { default: expressSession } = await import('express-session' as string)
const { default: ofExpressSession } = await import('express-mysql-session' as string)
const OldStore = ofExpressSession(expressSession) as unknown as new (
  options: object,
  pool: object,
) => { onReady(): Promise<void>; close(): Promise<void> }

describeService('moving in from express-mysql-session', 'mariadbd', () => {
  let server: MariadbServer
  let pool: Pool
  let old: InstanceType<typeof OldStore>
  beforeAll(async () => {
    server = await MariadbServer.start()
    pool = createPool({ uri: server.url, connectionLimit: 8 })
    old = new OldStore({ createDatabaseTable: true, clearExpired: false, endConnectionOnClose: false }, pool)
    await old.onReady()
  })
  afterAll(async () => {
    await old.close()
    await pool.end()
    await server.stop()
  })

  tellOfMovingIn(() => ({
    old: () => old,
    fresh: adoptUntil =>
      mysqlStore({ pool, ...(adoptUntil && { adopt: 'express-mysql-session', adoptUntil }) }),
    async leftOver() {
      const [rows] = await pool.query<RowDataPacket[]>('SELECT count(*) AS count FROM sessions')
      return Number(rows[0]?.['count'])
    },
  }))
})
