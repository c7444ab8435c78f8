import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server that an example has begun, and one visitor of it. */
export class ExampleVisit {
  readonly #server: Server
  #cookie = ''

  private constructor(server: Server) {
    this.#server = server
  }

  static async begin(server: Server): Promise<ExampleVisit> {
    if (!server.listening) await once(server, 'listening')
    return new ExampleVisit(server)
  }

  async get(path: string): Promise<string> {
    const response = await this.#send(path, 'GET')
    return await response.text()
  }

  async post(path: string): Promise<string> {
    const response = await this.#send(path, 'POST')
    return await response.text()
  }

  end(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  async #send(path: string, method: string): Promise<Response> {
    const { port } = this.#server.address() as AddressInfo
    const headers = { cookie: this.#cookie }
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) this.#cookie = line.split(';', 1).join('')
    return response
  }
}
