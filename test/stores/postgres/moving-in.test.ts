import pg from 'pg'
import { postgresStore } from 'sojourn/postgres'
import { afterAll, beforeAll } from 'vitest'
import { describeService } from '../../support/services/commands.ts'
import { PostgresServer } from '../../support/services/postgres.ts'
import { tellOfMovingIn } from '../moving-in.ts'

// They have no types, or types for whoever has no others of the same names, so that they are named as text.
const { default: expressSession } = await import('express-session' as string)
const { default: connectPgSimple } = await import('connect-pg-simple' as string)
const PgStore = connectPgSimple(expressSession) as unknown as new (options: object) => object

describeService('moving in from connect-pg-simple', 'postgres', () => {
  let server: PostgresServer
  let pool: pg.Pool
  beforeAll(async () => {
    server = await PostgresServer.start()
    pool = new pg.Pool({ connectionString: server.url, max: 8 })
    await pool.query(
      'CREATE TABLE session (sid varchar NOT NULL PRIMARY KEY, sess json NOT NULL, expire timestamp(6) NOT NULL)',
    )
  })
  afterAll(async () => {
    await pool.end()
    await server.stop()
  })

  tellOfMovingIn(() => ({
    old: () => new PgStore({ pool, pruneSessionInterval: false }),
    fresh: adoptUntil =>
      postgresStore({ client: pool, ...(adoptUntil && { adopt: 'connect-pg-simple', adoptUntil }) }),
    leftOver: async () => Number((await pool.query('SELECT count(*) FROM session')).rows[0].count),
  }))
})
