import { isError } from '../../core/report/errors.ts'
import { systemClock } from '../../core/time/clock.ts'
import { isConnected, type Link, type Pipeline, type SendingClient } from './link.ts'
import { slotOf } from './slot.ts'

/** What is used of a cluster of node-redis. */
export interface SendingCluster extends Omit<SendingClient, 'sendCommand' | 'multi'> {
  readonly masters: readonly object[]
  /** Those that it knows by now. */
  readonly slots: readonly ({ readonly master: { readonly address: string } } | undefined)[]
  sendCommand(key: string | undefined, isReadOnly: boolean, words: readonly string[]): Promise<unknown>
  multi(key: string): Pipeline<[key: string, isReadOnly: boolean]>
  nodeClient(node: object): SendingClient | Promise<SendingClient>
}

/** A command that takes so long may be waiting for a server that is gone. */
const slowMs = 1000
/** How a driver says that a command has met no server. The servers' own answers are not among them. */
const unanswered = /offline|closed|disconnect|ECONN|EPIPE|timeout/i

/** Answers how to use a cluster of node-redis. */
export function linkToCluster(client: SendingCluster): Link {
  const search = new Search(client)
  return {
    keepsOrder: false,
    hasOneServer: false,
    keyPrefix: '',
    serverOf: key => client.slots[slotOf(key)]?.master.address ?? '',
    // It counts as open before it knows anybody.
    isReady: () => isConnected(client) && client.masters.length > 0,
    send: (key, words) => search.watch(key, client.sendCommand(key, false, words)),
    sendBoth: (key, first, second) => {
      const both = client.multi(key).addCommand(key, false, first).addCommand(key, false, second)
      return search.watch(key, both.execAsPipeline())
    },
    async primaries() {
      const nodes = await Promise.all(client.masters.map(node => client.nodeClient(node)))
      return nodes.map(node => words => node.sendCommand(words))
    },
  }
}

/**
 * Lets the client look for the servers again. By itself it does so only when one of them says that a key has moved;
 * one that is gone says nothing, and version 5 would wait for it for ever. So when there is no answer, any
 * other server is asked about the key.
 */
class Search {
  readonly #client: SendingCluster
  #isUnderWay = false

  constructor(client: SendingCluster) {
    this.#client = client
  }

  async watch<Answer>(key: string, answering: Promise<Answer>): Promise<Answer> {
    const cancel = systemClock.after(slowMs, () => void this.#begin(key))
    try {
      return await answering
    } catch (error) {
      if (isError(error) && unanswered.test(`${error.name} ${error.message}`)) void this.#begin(key)
      throw error
    } finally {
      cancel()
    }
  }

  /** It changes nothing on whichever server it meets, and whether it succeeds is seen by the next command. */
  async #begin(key: string): Promise<void> {
    if (this.#isUnderWay) return
    this.#isUnderWay = true
    // Without a key to go by, the client takes any server, which may be the one that is gone.
    const asking = this.#client.sendCommand(undefined, false, ['EXISTS', key]).catch(() => undefined)
    await Promise.race([asking, new Promise<void>(resolve => systemClock.after(slowMs, resolve))])
    this.#isUnderWay = false
  }
}
