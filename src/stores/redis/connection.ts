import { SojournError } from '../../core/report/errors.ts'
import { systemClock } from '../../core/time/clock.ts'
import { loadDriver } from '../driver.ts'
import type { RedisAddress } from './address.ts'
import type { RedisClient } from './client.ts'
import type { Endable } from './endable.ts'
import { openCallingClient } from './ioredis.ts'
import { openSendingClient } from './node-redis.ts'

/** A client that the store has opened for itself. */
export interface OpenedClient {
  readonly client: RedisClient
  /** The last error of the connection; undefined once it is back. */
  lastError(): unknown
  isClosed(): boolean
  close(): Promise<void>
}

/** The packages that can make the connection. */
export type RedisDriverName = 'redis' | 'ioredis'

/** The packages that the application hands in. If it hands in both, the store uses `redis`. */
export type RedisDrivers = { readonly [name in RedisDriverName]?: object }

/** How long `close` waits for a server that does not answer. */
const farewellMs = 1000

/**
 * Opens a client for an address. It connects by itself, and again after every loss. It takes no commands while it is
 * not connected.
 *
 * @throws SojournError `DRIVER_MISSING`
 */
export function openClient(
  address: RedisAddress,
  driver: RedisDriverName | undefined,
  drivers: RedisDrivers,
): OpenedClient {
  const name = driver ?? whicheverIsThere(drivers)
  const loaded = drivers[name] ?? loadDriver('redis', name)
  const endable = name === 'redis' ? openSendingClient(loaded, address) : openCallingClient(loaded, address)
  let last: unknown
  let isClosed = false
  endable.client.on('error', error => {
    last = error
  })
  endable.client.on('ready', () => {
    last = undefined
  })
  return {
    client: endable.client,
    lastError: () => (isClosed ? closedError() : (last ?? endable.lastError())),
    isClosed: () => isClosed,
    close: async () => {
      if (isClosed) return
      isClosed = true
      await end(endable)
    },
  }
}

function whicheverIsThere({ redis, ioredis }: RedisDrivers): RedisDriverName {
  if (redis !== undefined) return 'redis'
  return ioredis !== undefined || (!isInstalled('redis') && isInstalled('ioredis')) ? 'ioredis' : 'redis'
}

function isInstalled(name: RedisDriverName): boolean {
  try {
    return loadDriver('redis', name) !== undefined
  } catch {
    return false
  }
}

async function end(endable: Endable): Promise<void> {
  const patience = new Promise(resolve => systemClock.after(farewellMs, () => resolve(undefined)))
  if (endable.isReady()) await Promise.race([endable.quit().catch(() => undefined), patience])
  endable.cut()
}

function closedError(): Error {
  return new SojournError('STORE_FAILED', 'Expected the redis store to be open, but it has been closed.')
}
