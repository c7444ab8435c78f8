import { SojournError } from '../../core/errors.ts'
import { RedisRecords } from '../redis.ts'
import { optionsOf, type StoreUrl } from '../store-url.ts'
import { parseAddress } from './address.ts'
import { type DriverName, openClient } from './connection.ts'

const storeParameters = ['prefix', 'adopt', 'adoptUntil', 'adoptPrefix']
const parameters = [...storeParameters, 'driver', 'sentinelUser', 'sentinelPassword']

/**
 * Opens the store of a URL.
 *
 * @throws SojournError `OPTION_INVALID`, `DRIVER_MISSING`
 */
export function openRedis(url: StoreUrl): RedisRecords {
  optionsOf(url, parameters)
  const opened = openClient(parseAddress(url), driverOf(url.parameters.get('driver')))
  try {
    return new RedisRecords({ client: opened.client, ...storeOptionsOf(url) }, opened)
  } catch (error) {
    void opened.close()
    throw error
  }
}

/** As text, because a prefix may consist of digits. */
function storeOptionsOf({ parameters }: StoreUrl): object {
  return Object.fromEntries([...parameters].filter(([name]) => storeParameters.includes(name)))
}

function driverOf(name: string | undefined): DriverName | undefined {
  if (name === undefined || name === 'redis' || name === 'ioredis') return name
  throw new SojournError('OPTION_INVALID', 'Expected `driver` to be redis or ioredis, got something else.')
}
