import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { onTestFinished } from 'vitest'
import { certificate } from '../compatibility/certificate.ts'
import type { Listener } from './application.ts'

export { codeOf, type Errors, type Listener, plain, type Route, type SessionRequest } from './application.ts'

export type Protocol = 'http' | 'https' | 'h2c' | 'h2'

/** Opens a server for one test, and answers its port. Connections that are still open end with the test. */
export async function serve(listener: Listener, protocol: Protocol = 'http'): Promise<number> {
  const server = await serverOf(protocol, listener)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise<void>(resolve => closing(server, resolve)))
  return (server.address() as AddressInfo).port
}

async function serverOf(protocol: Protocol, listener: Listener): Promise<Server> {
  // The messages of HTTP/2's compatibility API are made to be taken for those of HTTP/1.
  const compatible = listener as never
  if (protocol === 'http') return http.createServer(listener)
  if (protocol === 'h2c') return noticing(http2.createServer(compatible))
  if (protocol === 'h2') return noticing(http2.createSecureServer(await certificate(), compatible))
  return https.createServer(await certificate(), listener)
}

const sessionsOf = new WeakMap<Server, Set<http2.ServerHttp2Session>>()

function noticing(server: http2.Http2Server | http2.Http2SecureServer): Server {
  const sessions = new Set<http2.ServerHttp2Session>()
  sessionsOf.set(server, sessions)
  server.on('session', (session: http2.ServerHttp2Session) => sessions.add(session))
  return server
}

function closing(server: Server, done: () => void): void {
  server.close(() => done())
  if (server instanceof http.Server || server instanceof https.Server) server.closeAllConnections()
  for (const session of sessionsOf.get(server) ?? []) session.destroy()
}
