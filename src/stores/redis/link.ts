import type { StoreCall } from '../../core/record/store.ts'

/** A command for a server: its name and its arguments. */
export type Words = readonly string[]

/** Sends one command to one server. */
export type Send = (words: Words) => Promise<unknown>

/** A command about one key, in a call of the store. */
export interface Command {
  readonly key: string
  readonly words: Words
  readonly call: StoreCall | undefined
}

/** What the store needs from a client of any package. */
export interface Link {
  /** Whether any two keys are on one server, so that one script can change both. */
  readonly hasOneServer: boolean
  /** The prefix that the client itself adds to each key. */
  readonly keyPrefix: string
  /** Names the server that has the key, as far as the client knows. The name is empty where there is only one server. */
  serverOf(key: string): string
  /** Whether the client would send a command now. */
  isReady(): boolean
  /** Sends a command to the server that has its key. */
  send(command: Command): Promise<unknown>
  /**
   * Sends a command to the server that has its key, and a second one on the same connection, with no other command between
   * them. Rejects when either fails. The second never runs on another server than the first.
   */
  sendBoth(command: Command, second: Words): Promise<readonly unknown[]>
  /** Every server that takes writes. */
  primaries(): Promise<readonly Send[]>
}

/** The part of a node-redis client that the store uses. */
export interface SendingClient {
  readonly isOpen: boolean
  readonly isReady?: boolean
  sendCommand(words: Words): Promise<unknown>
  multi(): Pipeline<[]>
}

/** Commands of node-redis that leave together. Each follows the arguments that route it. */
export interface Pipeline<Routing extends readonly unknown[]> {
  addCommand(...command: [...routing: Routing, words: Words]): this
  execAsPipeline(): Promise<readonly unknown[]>
}

/** Some kinds of client do not tell whether they are connected, only whether they are open. */
export function isConnected({ isReady, isOpen }: Pick<SendingClient, 'isReady' | 'isOpen'>): boolean {
  return isReady ?? isOpen
}

/** Answers a link for a node-redis client that sends everything to one server. */
export function linkToOne(link: Pick<Link, 'isReady' | 'send' | 'sendBoth'>): Link {
  return {
    ...link,
    hasOneServer: true,
    keyPrefix: '',
    serverOf: () => '',
    primaries: async () => [words => link.send({ key: '', words, call: undefined })],
  }
}

/** Sends two commands of node-redis together on one connection. */
export function sendTogether(
  client: Pick<SendingClient, 'multi'>,
  first: Words,
  second: Words,
): Promise<readonly unknown[]> {
  return client.multi().addCommand(first).addCommand(second).execAsPipeline()
}
