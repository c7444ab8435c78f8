import { linkToCluster, type SendingCluster } from './cluster-link.ts'
import {
  isConnected,
  type Link,
  linkToOne,
  type Pipeline,
  type Send,
  type SendingClient,
  sendTogether,
  type Words,
} from './link.ts'
import { linkToPool, type SendingPool } from './pool-link.ts'
import { slotOf } from './slot.ts'

/**
 * The application's own client, of node-redis (`createClient`, `createClientPool`, `createSentinel`, `createCluster`)
 * or of ioredis (`Redis`, `Cluster`). The store does not change its options or its listeners.
 */
export interface RedisClient {
  sendCommand(...parameters: never[]): unknown
}

/** The part of an ioredis client or cluster that the store uses. */
interface CallingClient {
  readonly status: string
  readonly isCluster?: boolean
  readonly options: { readonly keyPrefix?: string; readonly scaleReads?: unknown }
  call(name: string, ...words: Words): Promise<unknown>
  pipeline(commands: readonly Words[]): { exec(): Promise<readonly Outcome[]> }
  /** For each slot of a cluster, the servers that the client knows to have it, the primary first. */
  readonly slots?: readonly (readonly string[] | undefined)[]
  nodes?(role: 'master'): readonly CallingClient[]
}

/** The result of one command of a pipeline. */
type Outcome = readonly [error: Error | null, answer: unknown]

interface SendingSentinel extends Omit<SendingClient, 'sendCommand' | 'multi'> {
  sendCommand(isReadOnly: boolean, words: Words): Promise<unknown>
  multi(): Pipeline<[isReadOnly: boolean]>
}

/** Tells whether a value is a client of one of the two packages. */
export function isClient(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && typeof Reflect.get(value, 'sendCommand') === 'function'
  )
}

/** Tells whether a client reads from replicas, which may not have the last write yet. */
export function readsFromReplicas(value: unknown): boolean {
  const options: unknown = isClient(value) ? Reflect.get(Object(value), 'options') : undefined
  const scaleReads: unknown =
    typeof options === 'object' && options !== null && Reflect.get(options, 'scaleReads')
  return typeof scaleReads === 'function' || scaleReads === 'all' || scaleReads === 'slave'
}

/** Recognises the kind of client by its methods, and answers a link for it. */
export function linkTo(client: RedisClient): Link {
  // Each kind has a method that no other kind has.
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
    hasOneServer: client.isCluster !== true,
    keyPrefix,
    serverOf: key => client.slots?.[slotOf(`${keyPrefix}${key}`)]?.[0] ?? '',
    // With `lazyConnect` the client waits for its first command, and connects then.
    isReady: () => client.status === 'ready' || client.status === 'wait',
    send: ({ words }) => send(words),
    sendBoth: ({ words }, second) => callTogether(client, [words, second]),
    primaries: async () => (client.nodes?.('master') ?? [client]).map(sendTo),
  }
}

/** Sends commands together. Throws the first error among the answers. */
async function callTogether(client: CallingClient, commands: readonly Words[]): Promise<readonly unknown[]> {
  const outcomes = await client.pipeline(commands.map(words => ['call', ...words])).exec()
  return outcomes.map(([error, answer]) => {
    if (error !== null) throw error
    return answer
  })
}

function linkToSending(client: SendingClient): Link {
  return linkToOne({
    isReady: () => isConnected(client),
    send: ({ words }) => client.sendCommand(words),
    sendBoth: ({ words }, second) => sendTogether(client, words, second),
  })
}

function linkToSentinel(client: SendingSentinel): Link {
  return linkToOne({
    isReady: () => isConnected(client),
    send: ({ words }) => client.sendCommand(false, words),
    sendBoth: ({ words }, second) =>
      client.multi().addCommand(false, words).addCommand(false, second).execAsPipeline(),
  })
}
