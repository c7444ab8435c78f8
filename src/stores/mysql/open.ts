import { loadDriver } from '../driver.ts'
import { MysqlRecords } from '../mysql.ts'
import { serverUrl } from '../sql/server-url.ts'
import type { StoreUrl } from '../store-url.ts'
import type { MysqlPool } from './connection.ts'

interface Pool extends MysqlPool {
  end(): Promise<void>
}

/** The part of the package `mysql2` that the store uses. */
interface Driver {
  createPool(options: object): Pool
}

const parameters = {
  store: ['prefix', 'adopt', 'adoptUntil', 'adoptTable'],
  driver: ['ssl', 'connectionLimit'],
}
/** Less than the core's deadline for a store call. */
const connectingMs = 4000

/**
 * Opens the store that a URL names, with a pool of its own.
 *
 * @throws SojournError `OPTION_INVALID`, `DRIVER_MISSING`
 */
export function openMysql(parsed: StoreUrl, handedIn?: object): MysqlRecords {
  const { url, options } = serverUrl({ ...parsed, scheme: 'mysql' }, parameters)
  // The package exports what every version that the manifest allows has.
  const driver = (handedIn ?? loadDriver('mysql', 'mysql2')) as Driver
  const pool = driver.createPool({ uri: url, connectTimeout: connectingMs })
  return new MysqlRecords({ pool, ...options }, () => pool.end())
}
