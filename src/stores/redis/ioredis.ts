import type { RedisAddress } from './address.ts'
import type { RedisClient } from './client.ts'
import { type Endable, retryDelay } from './endable.ts'

/** The part of the package `ioredis`, versions 5 and 6, that the store uses. */
interface Driver {
  readonly Redis: new (options: object) => Client
  readonly Cluster: new (nodes: readonly object[], options: object) => Client
}

interface Client extends RedisClient {
  readonly status: string
  quit(): Promise<unknown>
  disconnect(): void
  on(event: 'error' | 'ready', listener: (error: unknown) => void): unknown
}

/** How long one sentinel may take to say where the primary is. */
const sentinelPatienceMs = 2000

/** Opens a client of ioredis. */
export function openCallingClient(loaded: unknown, address: RedisAddress): Endable {
  // The package has both in every version that the manifest allows.
  const client = made(loaded as Driver, address)
  return {
    client,
    isReady: () => client.status === 'ready',
    // The client emits every error.
    lastError: () => undefined,
    quit: () => client.quit(),
    cut: () => client.disconnect(),
  }
}

function made({ Redis, Cluster }: Driver, address: RedisAddress): Client {
  const { kind, hosts, primary, database: db, user, sentinelUser } = address
  if (kind === 'server') return new Redis({ ...optionsFor(address), ...hosts[0], ...user, db })
  if (kind === 'cluster') {
    const redisOptions = { ...optionsFor(address), ...user }
    return new Cluster(hosts, { redisOptions, enableOfflineQueue: false, clusterRetryStrategy: retryDelay })
  }
  const { username: sentinelUsername, password: sentinelPassword } = sentinelUser
  return new Redis({
    ...optionsFor(address),
    ...user,
    sentinels: hosts,
    name: primary,
    db,
    sentinelUsername,
    sentinelPassword,
    sentinelRetryStrategy: retryDelay,
    // Otherwise the client waits for a silent sentinel, even after it was closed, and asks no other one.
    sentinelCommandTimeout: sentinelPatienceMs,
    enableTLSForSentinelMode: address.isEncrypted,
    ...(address.isEncrypted ? { sentinelTLS: {} } : {}),
  })
}

function optionsFor({ isEncrypted }: RedisAddress): object {
  return {
    connectTimeout: 5000,
    enableOfflineQueue: false,
    // A command whose connection is lost fails at once. Otherwise it would be sent again after its caller has given up.
    maxRetriesPerRequest: 0,
    retryStrategy: retryDelay,
    ...(isEncrypted ? { tls: {} } : {}),
  }
}
