import type { Connection } from '../../core/visit/connection.ts'
import type { NodeRequest } from './messages.ts'

/** How a request of Node's has come. What a neighbour has left out counts as nothing. */
export class NodeConnection implements Connection {
  readonly #request: NodeRequest

  constructor(request: NodeRequest) {
    this.#request = request
  }

  get isEncrypted(): boolean {
    const { socket } = this.#request
    return Boolean(socket && 'encrypted' in socket && socket.encrypted)
  }

  get isSecure(): boolean | undefined {
    return this.#request.secure
  }

  /** Express knows which proxies to believe; without it the other end of the connection is the visitor. */
  get address(): string | undefined {
    return this.#request.ip ?? this.#request.socket?.remoteAddress
  }

  header(name: string): unknown {
    return this.#request.headers?.[name]
  }
}
