import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { type OpenedStore, openStore } from 'sojourn'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from '../../support/services/eventually.ts'
import { installed, packages } from './installed.ts'

/** Accepts connections, and says nothing. */
class SilentServer {
  readonly #server: Server
  readonly #open = new Set<Socket>()

  private constructor(server: Server) {
    this.#server = server
    server.on('connection', socket => {
      this.#open.add(socket)
      // Without it the other side's end would not be seen.
      socket.resume()
      socket.on('error', () => undefined)
      socket.on('close', () => this.#open.delete(socket))
    })
  }

  static async start(): Promise<SilentServer> {
    const server = createServer()
    const silent = new SilentServer(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return silent
  }

  /** How many connections somebody holds open. */
  get held(): number {
    return this.#open.size
  }

  /** Where it is, in the words of a URL. */
  get host(): string {
    // It listens on a port, and not on a pipe.
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Waits until every connection that was begun before has arrived. */
  async hasHeardOfAll(): Promise<void> {
    const last = connect((this.#server.address() as AddressInfo).port, '127.0.0.1')
    await Promise.all([once(last, 'connect'), once(this.#server, 'connection')])
    last.destroy()
  }

  async stop(): Promise<void> {
    for (const socket of this.#open) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

const kinds = {
  server: (host: string) => `redis://${host}`,
  'server that should encrypt': (host: string) => `rediss://${host}`,
  sentinel: (host: string) => `redis+sentinel://${host}/primary`,
  cluster: (host: string) => `redis+cluster://${host}`,
}
const moments: { readonly [moment: string]: (store: OpenedStore, server: SilentServer) => Promise<unknown> } =
  {
    'at once': async () => undefined,
    'while it is connected and waits': (_store, server) =>
      eventually('a connection', async () => server.held > 0),
    'while a request waits for it': async (store, server) => {
      void Promise.resolve(store.load('key')).catch(() => undefined)
      await eventually('a connection', async () => server.held > 0)
    },
  }

/** @see Issue 13, point 13 */
describe('a store that is closed while the server says nothing', () => {
  let server: SilentServer
  beforeEach(async () => {
    server = await SilentServer.start()
  })
  afterEach(() => server.stop())

  for (const [name, driver, instead] of packages)
    for (const [kind, urlOf] of Object.entries(kinds))
      test.each(Object.entries(moments))(
        `is closed, and keeps no connection: ${name}, ${kind}, %s`,
        async (_moment, arrive) => {
          const store = installed(driver, instead, () => openStore(`${urlOf(server.host)}?driver=${driver}`))
          await arrive(store, server)
          await store.close()
          await expect(Promise.resolve(store.load('key'))).rejects.toThrow('it has been closed')
          await server.hasHeardOfAll()
          await eventually('no connection', async () => server.held === 0)
        },
      )
})
