import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SessionMiddleware } from 'sojourn'
import type { Session } from '../../src/core/session/session.ts'
import type { CompleteStore } from '../../src/session/store.ts'

/** A request as a route sees it behind the middleware. */
export type SessionRequest = IncomingMessage & {
  session: Session & { [name: string]: unknown }
  sessionID: string
  sessionStore: CompleteStore
}

export type Route = (request: SessionRequest, response: ServerResponse) => unknown

export interface Reply {
  readonly status: number
  readonly body: string
  readonly headers: IncomingHttpHeaders
  /** What the browser would send back: the pair of the first `Set-Cookie`; empty when there is none. */
  readonly cookie: string
}

/** A server of one middleware. What the error handler is given is answered with its status and its code. */
export class Web {
  readonly errors: unknown[] = []
  readonly #routes = new Map<string, Route>()
  readonly #server = createServer((incoming, response) => this.#handle(incoming as SessionRequest, response))
  readonly #middlewares: readonly SessionMiddleware[]

  constructor(...middlewares: readonly SessionMiddleware[]) {
    this.#middlewares = middlewares
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async open(): Promise<this> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }

  /** A route that ends the response itself, or whose answer becomes the body. */
  on(path: string, route: Route): this {
    this.#routes.set(path, route)
    return this
  }

  get(path: string, cookie = ''): Promise<Reply> {
    const headers = cookie === '' ? {} : { cookie }
    return new Promise((resolve, reject) => {
      const sent = request({ port: this.port, host: '127.0.0.1', path, headers, agent: false }, response => {
        let body = ''
        response.setEncoding('utf8')
        response.on('data', chunk => {
          body += chunk
        })
        response.on('error', reject)
        response.on('end', () => resolve(replyOf(response, body)))
      })
      sent.on('error', reject)
      sent.end()
    })
  }

  #handle(incoming: SessionRequest, response: ServerResponse): void {
    const pass = (index: number) => (error?: unknown) => {
      const middleware = this.#middlewares[index]
      if (error !== undefined && error !== null) this.#fail(error, response)
      else if (middleware === undefined) void this.#route(incoming, response)
      else middleware(incoming, response, pass(index + 1))
    }
    // What a middleware throws goes to the error handler, as in Express.
    try {
      pass(0)()
    } catch (error) {
      this.#fail(error, response)
    }
  }

  async #route(incoming: SessionRequest, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(incoming.url ?? '/', 'http://host')
    try {
      // biome-ignore lint/nursery/useAwaitThenable: a route may answer later.
      const body = await this.#routes.get(pathname)?.(incoming, response)
      if (!response.writableEnded) response.end(body === undefined ? 'done' : String(body))
    } catch (error) {
      this.#fail(error, response)
    }
  }

  #fail(error: unknown, response: ServerResponse): void {
    this.errors.push(error)
    if (response.headersSent) return
    const { status = 500, code } = error as { readonly status?: number; readonly code?: string }
    response.statusCode = status
    response.end(`${code ?? 'error'}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function replyOf(response: IncomingMessage, body: string): Reply {
  const { statusCode = 0, headers } = response
  return { status: statusCode, body, headers, cookie: headers['set-cookie']?.[0]?.split(';')[0] ?? '' }
}
