import { once } from 'node:events'
import http, { type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type ErrorRequestHandler } from 'express'
import session from 'sojourn'
import { describe, expect, test } from 'vitest'
import { GatedStore } from '../../support/gated-store.ts'
import { ask } from '../../support/http-client.ts'
import { bodyOf, get, RawClient } from '../../support/raw-client.ts'
import { plain, type Route, serve } from '../../support/servers.ts'

const secret = 'a secret that only these tests know'

describe('a route that fails after its answer', () => {
  const passesOn: ErrorRequestHandler = (error, _request, response, next) => {
    if (response.headersSent) next(error)
    else response.status(500).end('sorry')
  }

  test.each([
    ['Express’s own error handler', undefined],
    ['an error handler that passes it on', passesOn],
  ])('does not cost the visitor the answer, with %s', async (_what, handler) => {
    const { app, store } = open()
    app.get('/', async (request, response) => {
      Object.assign(request.session, { visits: 1 })
      response.json({ visits: 1 })
      throw new Error('too late')
    })
    if (handler !== undefined) app.use(handler)
    const gate = store.hold('create')
    const answer = ask(await serve(app))
    await store.called('create')
    await turns()
    gate.open()
    expect(await answer).toMatchObject({ status: 200, body: '{"visits":1}', cookies: [expect.any(String)] })
    expect(store.size).toBe(1)
  })

  test('destroys the connection once the answer has left, as without a session', async () => {
    const { app } = open()
    app.get('/', async (request, response) => {
      Object.assign(request.session, { visits: 1 })
      response.send('whole')
      throw new Error('too late')
    })
    const client = new RawClient(await serve(app)).send(get('/'))
    expect(bodyOf(await client.closes())).toBe('whole')
  })

  test('becomes an error response when the save fails, too', async () => {
    const { app, store } = open()
    store.break('rejects', 'create')
    const gate = store.hold('create')
    app.get('/', async (request, response) => {
      Object.assign(request.session, { visits: 1 })
      response.send('whole')
      throw new Error('too late')
    })
    const answer = ask(await serve(app))
    await store.called('create')
    await turns()
    gate.open()
    expect((await answer).status).toBe(503)
  })
})

describe('a connection whose answer waits for its save', () => {
  test('is not idle for a closing server: the visitor gets the answer', async () => {
    const store = new GatedStore()
    const gate = store.hold('create')
    const server = http.createServer(plain(session({ secret, store }), changing))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const answer = ask((server.address() as AddressInfo).port)
    await store.called('create')
    const closed = once(server, 'close')
    server.close()
    server.closeIdleConnections()
    gate.open()
    expect((await answer).body).toBe('whole')
    await closed
  })

  test('closes at once when the visitor disconnects, and the session is stored', async () => {
    const store = new GatedStore()
    const gate = store.hold('create')
    const closed: Promise<unknown>[] = []
    const route: Route = (request, response) => {
      closed.push(once(response, 'close'))
      return changing(request, response)
    }
    const client = new RawClient(await serve(plain(session({ secret, store }), route))).send(get('/'))
    await store.called('create')
    client.abort()
    await closed[0]
    gate.open()
    await turns()
    expect(store.size).toBe(1)
  })

  test('gets its own `destroy` back afterwards, however many answers it has carried', async () => {
    const own: boolean[] = []
    const route: Route = (request, response) => {
      own.push(Object.hasOwn(response.socket ?? {}, 'destroy'))
      return changing(request, response)
    }
    const port = await serve(plain(session({ secret, store: new GatedStore() }), route))
    const client = new RawClient(port)
    for (let index = 1; index <= 3; index += 1) {
      client.send(get('/'))
      await client.receives(new RegExp(`(?:whole[^]*){${index}}`))
    }
    expect(own).toEqual([false, false, false])
  })
})

const changing: Route = (request, response: ServerResponse) => {
  request.session.visits = 1
  response.end('whole')
}

function open() {
  const store = new GatedStore()
  const app = express().set('env', 'test')
  app.use(session({ secret, store }))
  return { app, store }
}

/** Waits until everything that is due has run. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(resolve => setImmediate(resolve))
}
