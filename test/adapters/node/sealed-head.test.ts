import http, { type IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import session, { type SessionMiddleware } from 'sojourn'
import { describe, expect, onTestFinished, test } from 'vitest'
import { GatedStore } from '../../support/gated-store.ts'
import type { SessionRequest } from '../../support/servers.ts'

const secret = 'a secret that only these tests know'

/** A response as Socket.IO hands it to a middleware: it collects headers, and `writeHead` gets none. */
class UpgradeResponse {
  readonly headers: Record<string, unknown> = {}
  isDestroyed = false

  setHeader(name: string, value: unknown): void {
    this.headers[name.toLowerCase()] = value
  }

  getHeader(name: string): unknown {
    return this.headers[name.toLowerCase()]
  }

  removeHeader(name: string): void {
    delete this.headers[name.toLowerCase()]
  }

  write(): void {}
  writeHead(): void {}

  end(): void {
    this.isDestroyed = true
  }
}

describe('a response that is not Node’s own', () => {
  test('gets the cookie when its head is written without headers, and an upgrade stores the session then', async () => {
    const store = new GatedStore()
    const { response, request } = await shake(session({ secret, store }), request => {
      request.session.visits = 1
    })
    expect(response.headers['set-cookie']).toEqual([expect.stringMatching(/^connect\.sid=/)])
    await store.called('create')
    expect(store.only).toContain('"visits":1')
    request.session.visits = 2
    await request.session.save()
    expect(store.only).toContain('"visits":2')
    expect(response.isDestroyed).toBe(false)
  })

  test('to a stranger has no cookie, and costs no store call', async () => {
    const store = new GatedStore()
    const { response } = await shake(session({ secret, store }), request => request.session.visits)
    expect(response.headers).toEqual({})
    expect(store.calls).toEqual([])
  })

  test('whose save fails passes the error to `next`, and does not end', async () => {
    const store = new GatedStore()
    store.break('rejects', 'create')
    const { failed } = await shake(session({ secret, store }), request => {
      request.session.visits = 1
    })
    expect(await failed).toMatchObject({ code: 'STORE_FAILED' })
  })

  test('waits for the save before its end, with the cookie', async () => {
    const store = new GatedStore()
    const gate = store.hold('create')
    const response = new UpgradeResponse()
    const request = { url: '/', method: 'GET', headers: {} }
    session({ secret, store })(request as never, response as never, () => undefined)
    await Promise.resolve()
    Object.assign(Reflect.get(request, 'session'), { visits: 1 })
    Reflect.apply(response.end, response, ['whole'])
    await store.called('create')
    expect([response.isDestroyed, response.headers]).toEqual([false, {}])
    gate.open()
    await new Promise(resolve => setImmediate(resolve))
    expect(response.isDestroyed).toBe(true)
    expect(response.headers['set-cookie']).toHaveLength(1)
  })
})

interface Handshake {
  readonly request: SessionRequest
  readonly response: UpgradeResponse
  /** Resolves with the error that `next` gets after the handshake. */
  readonly failed: Promise<unknown>
}

/** Makes a client request an upgrade, and runs the middleware with it as Socket.IO does. */
async function shake(
  middleware: SessionMiddleware,
  route: (request: SessionRequest) => unknown,
): Promise<Handshake> {
  const server = http.createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const upgrading = new Promise<IncomingMessage>(resolve => {
    server.once('upgrade', (request: IncomingMessage, socket: Socket) => {
      onTestFinished(() => void socket.destroy())
      resolve(request)
    })
  })
  const { port } = server.address() as AddressInfo
  http.get({ port, headers: { Connection: 'Upgrade', Upgrade: 'websocket' } }).on('error', () => undefined)
  const request = (await upgrading) as SessionRequest
  const response = new UpgradeResponse()
  let fail: (error: unknown) => void
  const failed = new Promise<unknown>(resolve => {
    fail = resolve
  })
  await new Promise<void>((resolve, reject) => {
    middleware(request, response as never, error => {
      if (error === undefined) resolve()
      else fail(error)
      reject(error)
    })
  })
  route(request)
  response.writeHead()
  return { request, response, failed }
}
