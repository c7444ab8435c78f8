import { SojournError } from '../../core/errors.ts'
import { RedisRecords } from '../redis.ts'
import { optionsOf, type StoreUrl } from '../store-url.ts'
import { parseAddress } from './address.ts'
import { type DriverName, openClient } from './connection.ts'

const parameters = ['prefix', 'driver', 'sentinelUser', 'sentinelPassword']

/**
 * Opens the store of a URL.
 *
 * @throws SojournError `OPTION_INVALID`, `DRIVER_MISSING`
 */
export function openRedis(url: StoreUrl): RedisRecords {
  optionsOf(url, parameters)
  const opened = openClient(parseAddress(url), driverOf(url.parameters.get('driver')))
  try {
    return new RedisRecords({ client: opened.client, ...prefixOf(url) }, opened)
  } catch (error) {
    void opened.close()
    throw error
  }
}

function prefixOf({ parameters }: StoreUrl): { readonly prefix?: string } {
  const prefix = parameters.get('prefix')
  return prefix === undefined ? {} : { prefix }
}

function driverOf(name: string | undefined): DriverName | undefined {
  if (name === undefined || name === 'redis' || name === 'ioredis') return name
  throw new SojournError('OPTION_INVALID', 'Expected `driver` to be redis or ioredis, got something else.')
}
