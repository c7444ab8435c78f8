/**
 * A client that the application has made: of node-redis (`createClient`, `createClientPool`, `createSentinel`,
 * `createCluster`) or of ioredis (`Redis`, `Cluster`). It is used as it is: its options and its listeners are the
 * application's.
 */
export interface RedisClient {
  sendCommand(...parameters: never[]): unknown
}

/** Sends one command to one server. */
export type Send = (words: readonly string[]) => Promise<unknown>

/** What the store needs of a client, whichever package it is from. */
export interface Link {
  /** Whether commands are carried out in the order in which they are sent, also when no answer is awaited between. */
  readonly keepsOrder: boolean
  /** Whether any two keys are on one server, so that one script can change both. */
  readonly hasOneServer: boolean
  /** What the client itself puts in front of each key. */
  readonly keyPrefix: string
  /** Whether a command would leave now. */
  isReady(): boolean
  /** Sends a command to the server that has the key. */
  send(key: string, words: readonly string[]): Promise<unknown>
  /** Each server that has a part of the keys and takes writes. */
  primaries(): Promise<readonly Send[]>
}

/** What is used of a client or a cluster of ioredis. */
interface CallingClient {
  readonly status: string
  readonly isCluster?: boolean
  readonly options: { readonly keyPrefix?: string; readonly scaleReads?: unknown }
  call(name: string, ...words: readonly string[]): Promise<unknown>
  nodes?(role: 'master'): readonly CallingClient[]
}

/** What is used of the clients of node-redis. */
interface SendingClient {
  readonly isOpen: boolean
  readonly isReady?: boolean
  sendCommand(words: readonly string[]): Promise<unknown>
}

interface SendingSentinel extends Omit<SendingClient, 'sendCommand'> {
  sendCommand(isReadOnly: boolean, words: readonly string[]): Promise<unknown>
}

interface SendingCluster extends Omit<SendingClient, 'sendCommand'> {
  readonly masters: readonly object[]
  sendCommand(key: string, isReadOnly: boolean, words: readonly string[]): Promise<unknown>
  nodeClient(node: object): SendingClient | Promise<SendingClient>
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
  return linkToSending(client as unknown as SendingClient)
}

function linkToCalling(client: CallingClient): Link {
  const sendTo =
    (node: CallingClient): Send =>
    ([name = '', ...words]) =>
      node.call(name, ...words)
  const send = sendTo(client)
  return {
    keepsOrder: client.isCluster !== true,
    hasOneServer: client.isCluster !== true,
    keyPrefix: client.options.keyPrefix ?? '',
    // One that waits for its first command connects with it.
    isReady: () => client.status === 'ready' || client.status === 'wait',
    send: (_key, words) => send(words),
    primaries: async () => (client.nodes?.('master') ?? [client]).map(sendTo),
  }
}

function linkToSending(client: SendingClient): Link {
  const send: Send = words => client.sendCommand(words)
  return {
    // A pool sends on whichever connection is free.
    keepsOrder: !('execute' in client),
    hasOneServer: true,
    keyPrefix: '',
    isReady: () => isReady(client),
    send: (_key, words) => send(words),
    primaries: async () => [send],
  }
}

function linkToSentinel(client: SendingSentinel): Link {
  const send: Send = words => client.sendCommand(false, words)
  return {
    keepsOrder: false,
    hasOneServer: true,
    keyPrefix: '',
    isReady: () => isReady(client),
    send: (_key, words) => send(words),
    primaries: async () => [send],
  }
}

function linkToCluster(client: SendingCluster): Link {
  return {
    keepsOrder: false,
    hasOneServer: false,
    keyPrefix: '',
    isReady: () => isReady(client),
    send: (key, words) => client.sendCommand(key, false, words),
    async primaries() {
      const nodes = await Promise.all(client.masters.map(node => client.nodeClient(node)))
      return nodes.map(node => words => node.sendCommand(words))
    },
  }
}

/** Not every kind of client tells whether it is connected: some only whether they are meant to be. */
function isReady({ isReady, isOpen }: { readonly isReady?: boolean; readonly isOpen: boolean }): boolean {
  return isReady ?? isOpen
}
