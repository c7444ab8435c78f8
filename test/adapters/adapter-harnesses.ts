import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import connect from 'connect'
import express, { type Response as ExpressResponse } from 'express'
import session, { type Session } from 'sojourn'
import type {
  AdapterAnswer,
  AdapterBench,
  AdapterHarness,
  AdapterRequest,
  AdapterRoute,
  AdapterSite,
} from 'sojourn/testing'

// Express 4 has the same types as Express 5, as far as this file uses them.
const express4: typeof express = createRequire(import.meta.url)('express4')

/** The frameworks on which the middleware must keep the contract, by name. */
export const harnesses: { readonly [framework: string]: AdapterHarness } = {
  'Express 4': { open: site => serve(onExpress(express4, site)) },
  'Express 5': { open: site => serve(onExpress(express, site)) },
  Connect: { open: site => serve(onConnect(site)) },
  'node:http': { open: site => serve(onNode(site)) },
}

function onExpress(framework: typeof express, { options, routes }: AdapterSite): RequestListener {
  const app = framework()
  app.set('env', 'test')
  app.use(session(options))
  for (const [path, route] of Object.entries(routes)) {
    app.get(path, (request, response, next) => {
      answerOf(route, request)
        .then(answer => sendByExpress(response, answer))
        .catch(next)
    })
  }
  return app
}

async function sendByExpress(response: ExpressResponse, answer: AdapterAnswer): Promise<void> {
  const { status, headers, body } = answer
  response.status(status).set(headers)
  if (headers['location'] !== undefined) response.redirect(headers['location'])
  else if (typeof body === 'string') response.send(body)
  else await stream(response, body)
}

function onConnect({ options, routes }: AdapterSite): RequestListener {
  const app = connect()
  app.use(session(options))
  for (const [path, route] of Object.entries(routes)) {
    app.use(path, (request, response, next) => {
      answerOf(route, request)
        .then(answer => send(response, answer))
        .catch(next)
    })
  }
  return app
}

function onNode({ options, routes }: AdapterSite): RequestListener {
  const withSession = session(options)
  return (request, response) => {
    const fail = (): void => {
      if (response.headersSent) response.destroy()
      else response.writeHead(500).end('sorry')
    }
    withSession(request, response, error => {
      const route = routes[request.url ?? '']
      if (error !== undefined || route === undefined) fail()
      else {
        answerOf(route, request)
          .then(answer => send(response, answer))
          .catch(fail)
      }
    })
  }
}

/** The answer of a route, as a promise that also rejects when the route throws. The request already has a session. */
async function answerOf(route: AdapterRoute, request: IncomingMessage): Promise<AdapterAnswer> {
  return route(request as IncomingMessage & AdapterRequest & { readonly session: Session })
}

async function send(response: ServerResponse, { status, headers, body }: AdapterAnswer): Promise<void> {
  response.statusCode = status
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  if (typeof body === 'string') response.end(body)
  else await stream(response, body)
}

async function stream(response: ServerResponse, body: AsyncIterable<string>): Promise<void> {
  for await (const chunk of body) response.write(chunk)
  response.end()
}

/** Opens a server for one clause. */
async function serve(listener: RequestListener): Promise<AdapterBench> {
  const server = createServer(listener)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    request: (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init),
    async close() {
      const closed = new Promise(resolve => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
