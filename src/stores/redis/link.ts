/** Sends one command to one server. */
export type Send = (words: readonly string[]) => Promise<unknown>

/** What the store needs from a client of any package. */
export interface Link {
  /** Whether the server runs commands in the order in which they are sent, even without waiting for answers in between. */
  readonly keepsOrder: boolean
  /** Whether any two keys are on one server, so that one script can change both. */
  readonly hasOneServer: boolean
  /** The prefix that the client itself adds to each key. */
  readonly keyPrefix: string
  /** Names the server that has the key, as far as the client knows. The name is empty where there is only one server. */
  serverOf(key: string): string
  /** Whether the client would send a command now. */
  isReady(): boolean
  /** Sends a command to the server that has the key. */
  send(key: string, words: readonly string[]): Promise<unknown>
  /**
   * Sends two commands to the server that has the key, on one connection and with no other command between them. Rejects
   * when either fails. The second never runs on another server than the first.
   */
  sendBoth(key: string, first: readonly string[], second: readonly string[]): Promise<readonly unknown[]>
  /** Every server that takes writes. */
  primaries(): Promise<readonly Send[]>
}

/** The part of a node-redis client that the store uses. */
export interface SendingClient {
  readonly isOpen: boolean
  readonly isReady?: boolean
  sendCommand(words: readonly string[]): Promise<unknown>
  multi(): Pipeline<[]>
}

/** Commands of node-redis that leave together. Each follows the arguments that route it. */
export interface Pipeline<Routing extends readonly unknown[]> {
  addCommand(...command: [...routing: Routing, words: readonly string[]]): this
  execAsPipeline(): Promise<readonly unknown[]>
}

/** Some kinds of client do not tell whether they are connected, only whether they are open. */
export function isConnected({ isReady, isOpen }: Pick<SendingClient, 'isReady' | 'isOpen'>): boolean {
  return isReady ?? isOpen
}

/** Sends commands of node-redis together on one connection. */
export function sendTogether(
  client: Pick<SendingClient, 'multi'>,
  commands: readonly (readonly string[])[],
): Promise<readonly unknown[]> {
  const pipeline = client.multi()
  for (const words of commands) pipeline.addCommand(words)
  return pipeline.execAsPipeline()
}
