import { connect, createServer, type Server, type Socket } from 'node:net'

/** An answer that is to be lost. */
interface Loss {
  readonly text: string
  done(): void
}

/** Sees what goes through a proxy. */
export interface Traffic {
  /** The client has sent something. */
  asked(): void
  /** The server has sent something, which reaches the client when `pass` is called. */
  answered(pass: () => void): void
}

const unseen: Traffic = { asked: () => undefined, answered: pass => pass() }

/** Stands between a client and a server of the tests, and lets connections break where a test wants them to. */
export class TcpProxy {
  readonly #server: Server
  readonly #target: number
  readonly #traffic: Traffic
  readonly #sockets = new Set<Socket>()
  #loss: Loss | undefined
  #isClosed = false
  #rewrite: (bytes: Buffer) => Buffer = bytes => bytes

  private constructor(target: number, traffic: Traffic) {
    this.#target = target
    this.#traffic = traffic
    this.#server = createServer(client => this.#join(client))
  }

  static async start(target: number, traffic: Traffic = unseen): Promise<TcpProxy> {
    const proxy = new TcpProxy(target, traffic)
    await new Promise<void>(resolve => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /**
   * Waits for a request with this text in it, lets the server answer it, and resets the connection instead of passing
   * the answer on. Whoever comes back meets a closed door until `open` is called. Resolves when that has happened.
   */
  loseAnswerTo(text: string): Promise<void> {
    return new Promise(resolve => {
      this.#loss = { text, done: resolve }
    })
  }

  /** Resets every connection, and lets nobody in until `open` is called. */
  close(): void {
    this.#isClosed = true
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  open(): void {
    this.#isClosed = false
  }

  /** Changes what the server says on its way. */
  rewriteAnswers(rewrite: (bytes: Buffer) => Buffer): void {
    this.#rewrite = rewrite
  }

  async stop(): Promise<void> {
    this.close()
    await new Promise(resolve => this.#server.close(resolve))
  }

  #join(client: Socket): void {
    const server = connect(this.#target, '127.0.0.1')
    const pair = [client, server]
    let lost: Loss | undefined
    for (const socket of pair) this.#watch(socket, pair)
    client.on('data', bytes => {
      if (this.#loss !== undefined && bytes.includes(this.#loss.text)) {
        lost = this.#loss
        this.#loss = undefined
      }
      this.#traffic.asked()
      server.write(bytes)
    })
    server.on('data', bytes => {
      if (lost === undefined) this.#traffic.answered(() => client.write(this.#rewrite(bytes)))
      else this.#break(lost)
    })
    if (this.#isClosed) client.resetAndDestroy()
  }

  #break(loss: Loss): void {
    this.close()
    loss.done()
  }

  /** The end of one side is the end of the other. */
  #watch(socket: Socket, pair: readonly Socket[]): void {
    this.#sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.#sockets.delete(socket)
      for (const other of pair) other.destroy()
    })
  }
}
