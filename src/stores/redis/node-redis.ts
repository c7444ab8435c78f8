import { setMaxListeners } from 'node:events'
import { systemClock } from '../../core/time/clock.ts'
import type { RedisAddress } from './address.ts'
import type { RedisClient } from './client.ts'
import { type Endable, retryDelay } from './endable.ts'

/** The part of the package `redis`, versions 5 and 6, that the store uses. */
interface Driver {
  createClient(options: object): Client
  createSentinel(options: object): Client
  createCluster(options: object): Client
}

interface Client extends RedisClient {
  readonly isOpen: boolean
  readonly isReady?: boolean
  connect(): Promise<unknown>
  close(): Promise<unknown>
  destroy(): void
  on(event: 'error' | 'ready', listener: (error: unknown) => void): unknown
}

/** Opens a client of node-redis. */
export function openSendingClient(loaded: unknown, address: RedisAddress): Endable {
  const ending = new AbortController()
  // Each connection adds a listener as long as it is open, and there may be many.
  setMaxListeners(0, ending.signal)
  // The package has these three in every version that the manifest allows.
  const client = made(loaded as Driver, address, ending.signal)
  const connecting = new Connecting(client)
  return {
    client,
    isReady: () => client.isReady ?? client.isOpen,
    lastError: () => connecting.error,
    quit: () => client.close(),
    cut: () => {
      connecting.giveUp()
      if (client.isOpen) client.destroy()
      // The client keeps no list of connections that are being opened; one to a silent server would wait for ever.
      ending.abort()
    },
  }
}

/** Retries the first connection, because the sentinel and cluster clients give up if no server answers at startup. */
class Connecting {
  /** Why the last attempt failed; undefined once one has succeeded. */
  error: unknown
  #isGivenUp = false
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
    this.#attempt(0)
  }

  giveUp(): void {
    this.#isGivenUp = true
  }

  #attempt(before: number): void {
    if (this.#isGivenUp) return
    this.#client.connect().then(
      () => {
        this.error = undefined
      },
      error => {
        this.error = error
        systemClock.after(retryDelay(before), () => this.#attempt(before + 1))
      },
    )
  }
}

function made(driver: Driver, address: RedisAddress, signal: AbortSignal): Client {
  const { kind, hosts, primary, database, user, sentinelUser } = address
  const options = optionsFor(address, signal)
  if (kind === 'server') {
    const socket = { ...options.socket, ...hosts[0] }
    return driver.createClient({ ...options, socket, ...given(user), database })
  }
  if (kind === 'cluster') {
    const rootNodes = hosts.map(host => ({ socket: { host: host.host, port: host.port } }))
    return driver.createCluster({ rootNodes, defaults: { ...options, ...given(user) } })
  }
  return driver.createSentinel({
    name: primary,
    sentinelRootNodes: hosts,
    nodeClientOptions: { ...options, ...given(user), database },
    sentinelClientOptions: { ...options, ...given(sentinelUser) },
  })
}

/** The package passes the socket options on to Node, so the signal closes every connection. */
function optionsFor({ isEncrypted }: RedisAddress, signal: AbortSignal) {
  return {
    disableOfflineQueue: true,
    socket: {
      signal,
      ...(isEncrypted ? { tls: true } : {}),
      connectTimeout: 5000,
      reconnectStrategy: retryDelay,
    },
  }
}

/** Leaves out undefined fields, which the package would treat as given. */
function given(login: object): object {
  return Object.fromEntries(Object.entries(login).filter(([, value]) => value !== undefined))
}
