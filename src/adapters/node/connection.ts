import type { Connection } from '../../core/visit/connection.ts'
import type { NodeRequest } from './messages.ts'

/** The connection of a Node request. A fake request in a test may lack `socket` and `headers`. */
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

  /** Express's `req.ip`, which considers the trusted proxies. Without Express, the address of the socket. */
  get address(): string | undefined {
    return this.#request.ip ?? this.#request.socket?.remoteAddress
  }

  header(name: string): unknown {
    return this.#request.headers?.[name]
  }
}
