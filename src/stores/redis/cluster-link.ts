import { isError } from '../../core/report/errors.ts'
import { systemClock } from '../../core/time/clock.ts'
import { isConnected, type Link, type Pipeline, type SendingClient, type Words } from './link.ts'
import { slotOf } from './slot.ts'

/** The part of a node-redis cluster that the store uses. */
export interface SendingCluster extends Omit<SendingClient, 'sendCommand' | 'multi'> {
  readonly masters: readonly object[]
  /** The slots that the client knows so far. */
  readonly slots: readonly ({ readonly master: { readonly address: string } } | undefined)[]
  sendCommand(key: string | undefined, isReadOnly: boolean, words: Words): Promise<unknown>
  multi(key: string): Pipeline<[key: string, isReadOnly: boolean]>
  nodeClient(node: object): SendingClient | Promise<SendingClient>
}

/** A command that takes this long may be waiting for a server that is gone. */
const slowMs = 1000
/** Errors by which the driver says that it did not reach a server. No server answers with any of them. */
const unanswered = /offline|closed|disconnect|ECONN|EPIPE|timeout/i

/** Answers a link for a node-redis cluster. */
export function linkToCluster(client: SendingCluster): Link {
  const search = new Search(client)
  return {
    hasOneServer: false,
    keyPrefix: '',
    serverOf: key => client.slots[slotOf(key)]?.master.address ?? '',
    // The client counts as open before it knows any server.
    isReady: () => isConnected(client) && client.masters.length > 0,
    send: ({ key, words }) => search.watch(key, client.sendCommand(key, false, words)),
    sendBoth: ({ key, words }, second) => {
      const both = client.multi(key).addCommand(key, false, words).addCommand(key, false, second)
      return search.watch(key, both.execAsPipeline())
    },
    async primaries() {
      const nodes = await Promise.all(client.masters.map(node => client.nodeClient(node)))
      return nodes.map(node => words => node.sendCommand(words))
    },
  }
}

/**
 * Makes the client look up the servers again. By itself it does so only when a server says that a key has moved. A
 * server that is gone says nothing, and version 5 would wait for it for ever. So when no answer comes, this class asks
 * any other server about the key.
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

  /** Sends a command that changes nothing on any server. The next command shows whether the search succeeded. */
  async #begin(key: string): Promise<void> {
    if (this.#isUnderWay) return
    this.#isUnderWay = true
    // Without a routing key the client picks any server, which may be the one that is gone.
    const asking = this.#client.sendCommand(undefined, false, ['EXISTS', key]).catch(() => undefined)
    await Promise.race([asking, new Promise<void>(resolve => systemClock.after(slowMs, resolve))])
    this.#isUnderWay = false
  }
}
