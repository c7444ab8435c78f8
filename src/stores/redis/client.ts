import { linkToCluster, type SendingCluster } from './cluster-link.ts'
import { isConnected, type Link, type Pipeline, type Send, type SendingClient, sendTogether } from './link.ts'
import { linkToPool, type SendingPool } from './pool-link.ts'
import { slotOf } from './slot.ts'

/**
 * A client that the application has made: of node-redis (`createClient`, `createClientPool`, `createSentinel`,
 * `createCluster`) or of ioredis (`Redis`, `Cluster`). It is used as it is: its options and its listeners are the
 * application's.
 */
export interface RedisClient {
  sendCommand(...parameters: never[]): unknown
}

/** What is used of a client or a cluster of ioredis. */
interface CallingClient {
  readonly status: string
  readonly isCluster?: boolean
  readonly options: { readonly keyPrefix?: string; readonly scaleReads?: unknown }
  call(name: string, ...words: readonly string[]): Promise<unknown>
  pipeline(commands: readonly (readonly string[])[]): { exec(): Promise<readonly Outcome[]> }
  /** For each slot of a cluster the servers that have it, as far as they are known. The primary comes first. */
  readonly slots?: readonly (readonly string[] | undefined)[]
  nodes?(role: 'master'): readonly CallingClient[]
}

/** What became of one command of several. */
type Outcome = readonly [error: Error | null, answer: unknown]

interface SendingSentinel extends Omit<SendingClient, 'sendCommand' | 'multi'> {
  sendCommand(isReadOnly: boolean, words: readonly string[]): Promise<unknown>
  multi(): Pipeline<[isReadOnly: boolean]>
}

/** Tells whether something is a client of one of the two packages. */
export function isClient(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && typeof Reflect.get(value, 'sendCommand') === 'function'
  )
}

/** Tells whether a client lets replicas answer, which may not have heard of the last write. */
export function readsFromReplicas(value: unknown): boolean {
  const options: unknown = isClient(value) ? Reflect.get(Object(value), 'options') : undefined
  const scaleReads: unknown =
    typeof options === 'object' && options !== null && Reflect.get(options, 'scaleReads')
  return typeof scaleReads === 'function' || scaleReads === 'all' || scaleReads === 'slave'
}

/** Finds out which client it is by what it can do, and answers how to use it. */
export function linkTo(client: RedisClient): Link {
  // Each is known by the methods that no other has.
  if ('call' in client) return linkToCalling(client as unknown as CallingClient)
  if ('nodeClient' in client) return linkToCluster(client as unknown as SendingCluster)
  if ('getSentinelNode' in client) return linkToSentinel(client as unknown as SendingSentinel)
  if ('execute' in client) return linkToPool(client as unknown as SendingPool)
  return linkToSending(client as unknown as SendingClient)
}

function linkToCalling(client: CallingClient): Link {
  const sendTo =
    (node: CallingClient): Send =>
    ([name = '', ...words]) =>
      node.call(name, ...words)
  const send = sendTo(client)
  const { keyPrefix = '' } = client.options
  return {
    keepsOrder: client.isCluster !== true,
    hasOneServer: client.isCluster !== true,
    keyPrefix,
    serverOf: key => client.slots?.[slotOf(`${keyPrefix}${key}`)]?.[0] ?? '',
    // One that waits for its first command connects with it.
    isReady: () => client.status === 'ready' || client.status === 'wait',
    send: (_key, words) => send(words),
    sendBoth: (_key, first, second) => callTogether(client, [first, second]),
    primaries: async () => (client.nodes?.('master') ?? [client]).map(sendTo),
  }
}

/** Sends commands together. Throws the first error among the answers. */
async function callTogether(
  client: CallingClient,
  commands: readonly (readonly string[])[],
): Promise<readonly unknown[]> {
  const outcomes = await client.pipeline(commands.map(words => ['call', ...words])).exec()
  return outcomes.map(([error, answer]) => {
    if (error !== null) throw error
    return answer
  })
}

function linkToSending(client: SendingClient): Link {
  const send: Send = words => client.sendCommand(words)
  return {
    keepsOrder: true,
    hasOneServer: true,
    keyPrefix: '',
    serverOf: () => '',
    isReady: () => isConnected(client),
    send: (_key, words) => send(words),
    sendBoth: (_key, first, second) => sendTogether(client, [first, second]),
    primaries: async () => [send],
  }
}

function linkToSentinel(client: SendingSentinel): Link {
  const send: Send = words => client.sendCommand(false, words)
  return {
    keepsOrder: false,
    hasOneServer: true,
    keyPrefix: '',
    serverOf: () => '',
    isReady: () => isConnected(client),
    send: (_key, words) => send(words),
    sendBoth: (_key, first, second) =>
      client.multi().addCommand(false, first).addCommand(false, second).execAsPipeline(),
    primaries: async () => [send],
  }
}
