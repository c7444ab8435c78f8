import { setMaxListeners } from 'node:events'
import { systemClock } from '../../core/time/clock.ts'
import type { RedisAddress } from './address.ts'
import type { RedisClient } from './client.ts'
import { type Endable, retryDelay } from './endable.ts'

/** What is used of the package `redis`, in its versions 5 and 6. */
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
  // Each connection listens to it as long as it is there, and there may be many.
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
      // What is about to connect is in no list of the client's, and would wait for a server that says nothing for ever.
      ending.abort()
    },
  }
}

/** A sentinel or a cluster gives up when nobody is there at start, where a single server is tried again. */
class Connecting {
  /** Why the last attempt has failed; undefined once one has not. */
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

/** The signal ends every connection: what is said of a socket is handed on to Node. */
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

/** The package takes what is undefined for something that was given. */
function given(login: object): object {
  return Object.fromEntries(Object.entries(login).filter(([, value]) => value !== undefined))
}
