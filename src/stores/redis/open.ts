import { SojournError } from '../../core/report/errors.ts'
import { RedisRecords } from '../redis.ts'
import { optionsOf, type StoreUrl } from '../store-url.ts'
import { parseAddress } from './address.ts'
import { openClient, type RedisDriverName, type RedisDrivers } from './connection.ts'

/** Options that stay text: a prefix may consist of digits. */
const textOptions = ['prefix', 'adopt', 'adoptUntil', 'adoptPrefix']
const parameters = [...textOptions, 'replicas', 'driver', 'sentinelUser', 'sentinelPassword']

/**
 * Opens the redis store that a URL names.
 *
 * @throws SojournError `OPTION_INVALID`, `DRIVER_MISSING`
 */
export function openRedis(url: StoreUrl, drivers: RedisDrivers = {}): RedisRecords {
  const { replicas } = optionsOf(url, parameters) as { readonly replicas?: number }
  const texts = [...url.parameters].filter(([name]) => textOptions.includes(name))
  const opened = openClient(parseAddress(url), driverOf(url.parameters.get('driver')), drivers)
  try {
    const options = { ...Object.fromEntries(texts), ...(replicas === undefined ? {} : { replicas }) }
    return new RedisRecords({ client: opened.client, ...options }, opened)
  } catch (error) {
    void opened.close()
    throw error
  }
}

function driverOf(name: string | undefined): RedisDriverName | undefined {
  if (name === undefined || name === 'redis' || name === 'ioredis') return name
  throw new SojournError('OPTION_INVALID', 'Expected `driver` to be redis or ioredis, got something else.')
}
