import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import type { Session, SessionMiddleware } from 'sojourn'
import { onTestFinished } from 'vitest'
import { certificate } from '../compatibility/certificate.ts'

/** A request as a route sees it behind the middleware. */
export type SessionRequest = IncomingMessage & {
  session: Session & { [name: string]: unknown }
  sessionID: string
}

export type Route = (request: SessionRequest, response: ServerResponse) => unknown
export type Listener = (request: IncomingMessage, response: ServerResponse) => void
export type Protocol = 'http' | 'https' | 'h2c' | 'h2'

/** What an application's error handler was given, in the order it came. */
export type Errors = unknown[]

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

/** An application without a framework: the middleware, the route, and an error handler as people write it. */
export function plain(middleware: SessionMiddleware, route: Route, errors: Errors = []): Listener {
  return (request, response) => {
    const fail = (error: unknown): void => handleError(error, response, errors)
    middleware(request, response, error => {
      // The middleware has been here, so that the request has what the type says.
      if (error === undefined) run(() => route(request as SessionRequest, response)).catch(fail)
      else fail(error)
    })
  }
}

/** What a route throws goes the same way as what it rejects with, as in every framework. */
async function run(route: () => unknown): Promise<void> {
  await route()
}

function handleError(error: unknown, response: ServerResponse, errors: Errors): void {
  errors.push(error)
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.statusCode = (error as { readonly status?: number }).status ?? 500
  response.end(`sorry: ${codeOf(error)}`)
}

/** The code of an error, or its message where it has none. */
export function codeOf(error: unknown): string {
  const { code, message } = error as { readonly code?: string; readonly message?: string }
  return code ?? message ?? String(error)
}
