import { createPool } from 'mysql2/promise'
import { afterAll, beforeAll } from 'vitest'
import { MysqlRecords } from '../../../src/stores/mysql.ts'
import { describeService } from '../../support/services/commands.ts'
import { MariadbServer } from '../../support/services/mariadb.ts'
import { tellOfOutages } from '../sql-outages.ts'

describeService('the MySQL store on MariaDB', 'mariadbd', () => {
  let server: MariadbServer
  let made = 0
  beforeAll(async () => {
    server = await MariadbServer.start()
  })
  afterAll(() => server.stop())

  const open = (port = server.port) => {
    const { href } = Object.assign(new URL(server.url), { port })
    const pool = createPool({ uri: href, connectionLimit: 2 })
    return new MysqlRecords({ pool, prefix: `t${++made}` }, () => pool.end())
  }
  tellOfOutages(() => ({ server, open }))
})
