import { systemClock } from '../../core/clock.ts'
import type { Host, RedisAddress } from './address.ts'
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
  // The package has these three in every version that the manifest allows.
  const client = made(loaded as Driver, address)
  const connecting = new Connecting(client)
  return {
    client,
    isReady: () => client.isReady ?? client.isOpen,
    lastError: () => connecting.error,
    quit: () => client.close(),
    cut: () => {
      connecting.giveUp()
      if (client.isOpen) client.destroy()
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

function made(driver: Driver, address: RedisAddress): Client {
  const { kind, hosts, primary, database, user, sentinelUser } = address
  const [first] = hosts
  if (kind === 'server')
    return driver.createClient({ ...optionsFor(address, first), ...given(user), database })
  if (kind === 'cluster') {
    const rootNodes = hosts.map(host => ({ socket: { host: host.host, port: host.port } }))
    return driver.createCluster({
      rootNodes,
      defaults: { ...optionsFor(address, undefined), ...given(user) },
    })
  }
  return driver.createSentinel({
    name: primary,
    sentinelRootNodes: hosts,
    nodeClientOptions: { ...optionsFor(address, undefined), ...given(user), database },
    sentinelClientOptions: { ...optionsFor(address, undefined), ...given(sentinelUser) },
  })
}

function optionsFor({ isEncrypted }: RedisAddress, host: Host | undefined): object {
  return {
    disableOfflineQueue: true,
    socket: {
      ...host,
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
