import { loadDriver } from '../driver.ts'
import { PostgresRecords } from '../postgres.ts'
import { serverUrl } from '../sql/server-url.ts'
import type { StoreUrl } from '../store-url.ts'
import type { PostgresClient } from './connection.ts'

interface Pool {
  on(event: 'error', listener: () => void): unknown
  end(): Promise<void>
  connect(): unknown
}

/** The part of the package `pg` that the store uses. */
interface Driver {
  Pool: new (options: object) => Pool
}

const parameters = {
  store: ['prefix', 'adopt', 'adoptUntil', 'adoptTable'],
  driver: ['sslmode', 'sslrootcert', 'application_name'],
}
/** Less than the core's deadline for a store call. */
const connectingMs = 4000

/**
 * Opens the store that a URL names, with a pool of its own.
 *
 * @throws SojournError `OPTION_INVALID`, `DRIVER_MISSING`
 */
export function openPostgres(parsed: StoreUrl, handedIn?: object): PostgresRecords {
  const { url: connectionString, options } = serverUrl(parsed, parameters)
  // The package exports what every version that the manifest allows has.
  const driver = (handedIn ?? loadDriver('postgres', 'pg')) as Driver
  const pool = new driver.Pool({ connectionString, connectionTimeoutMillis: connectingMs })
  // A connection that is lost while nobody uses it is made again. Without a listener it would end the process.
  pool.on('error', () => undefined)
  return new PostgresRecords({ client: pool as PostgresClient, ...options }, () => pool.end())
}
