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
  /** Names the server that has the key, as far as the client knows. Where there is one alone it has no name. */
  serverOf(key: string): string
  /** Whether a command would leave now. */
  isReady(): boolean
  /** Sends a command to the server that has the key. */
  send(key: string, words: readonly string[]): Promise<unknown>
  /**
   * Sends two commands to the server that has the key, on one connection and with nothing between them. Rejects when
   * either fails; the second is never carried out elsewhere than the first.
   */
  sendBoth(key: string, first: readonly string[], second: readonly string[]): Promise<readonly unknown[]>
  /** Each server that has a part of the keys and takes writes. */
  primaries(): Promise<readonly Send[]>
}

/** What is used of the clients of node-redis. */
export interface SendingClient {
  readonly isOpen: boolean
  readonly isReady?: boolean
  sendCommand(words: readonly string[]): Promise<unknown>
  multi(): Pipeline<[]>
}

/** Commands of node-redis that leave together, each behind what says where it goes. */
export interface Pipeline<Routing extends readonly unknown[]> {
  addCommand(...command: [...routing: Routing, words: readonly string[]]): this
  execAsPipeline(): Promise<readonly unknown[]>
}

/** Not every kind of client tells whether it is connected: some only whether they are meant to be. */
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
