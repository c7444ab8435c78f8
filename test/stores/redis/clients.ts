import { Redis } from 'ioredis'
import { Redis as Redis5 } from 'ioredis5'
import { createClient, createClientPool } from 'redis'
import { createClient as createClient5, createClientPool as createClientPool5 } from 'redis5'
import type { RedisClient } from 'sojourn/redis'

/** A client of one of the drivers, as an application makes it. */
export interface TestClient {
  readonly client: RedisClient
  /** Whether it sends a command again when the connection was lost before the answer. */
  readonly sendsAgain: boolean
  /** Whether it believes that the server is there. */
  isConnected(): boolean
  end(): unknown
}

type Connect = (port: number) => Promise<TestClient>

/** The drivers that the store is for, by name, and how each is connected to a port of this machine. */
export const drivers: readonly (readonly [name: string, connect: Connect])[] = [
  ['node-redis 6', connectSending(createClient)],
  ['node-redis 5', connectSending(createClient5)],
  ['ioredis 6', connectCalling(Redis)],
  ['ioredis 5', connectCalling(Redis5)],
]

/** The pools of node-redis. */
export const pools: readonly (readonly [name: string, connect: Connect])[] = [
  ['a pool of node-redis 6', connectPool(createClientPool)],
  // Without the option it loses count of its answers when a connection is lost.
  ['a pool of node-redis 5', connectPool(createClientPool5, { disableOfflineQueue: true })],
]

interface SendingClient extends RedisClient {
  readonly isReady: boolean
  connect(): Promise<unknown>
  destroy(): void
  on(event: 'error', listener: () => void): unknown
}

interface CallingClient extends RedisClient {
  readonly status: string
  disconnect(): void
  on(event: 'error', listener: () => void): unknown
}

function connectSending(make: (options: { socket: object }) => SendingClient): Connect {
  return async port => {
    const client = make({ socket: { port, host: '127.0.0.1' } })
    client.on('error', ignore)
    await client.connect()
    return { client, sendsAgain: false, isConnected: () => client.isReady, end: () => client.destroy() }
  }
}

type MakePool = (client: object, pool: object) => Omit<SendingClient, 'isReady'>

/** A pool that has several connections from the first, because most of what can go wrong in one goes wrong there. */
function connectPool(make: MakePool, options: object = {}): Connect {
  return async port => {
    const settings = { socket: { port, host: '127.0.0.1' }, ...options }
    const pool = make(settings, { minimum: 3, maximum: 5 })
    let isConnected = true
    pool.on('error', () => {
      isConnected = false
    })
    await pool.connect()
    return { client: pool, sendsAgain: false, isConnected: () => isConnected, end: () => pool.destroy() }
  }
}

function connectCalling(Client: new (options: { port: number; host: string }) => CallingClient): Connect {
  return async port => {
    const client = new Client({ port, host: '127.0.0.1' })
    client.on('error', ignore)
    return {
      client,
      sendsAgain: true,
      isConnected: () => client.status === 'ready',
      end: () => client.disconnect(),
    }
  }
}

function ignore(): void {}
