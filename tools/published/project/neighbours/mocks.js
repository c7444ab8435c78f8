import { EventEmitter } from 'node:events'
import { Readable } from 'node:stream'
import inject from 'light-my-request'
import mocks from 'node-mocks-http'
import supertest from 'supertest'
import { answerError, expresses, namesOf, sentBack } from './serving.js'
import { openSession } from './stores.js'

/** Each sends one request to an app without a server of the test's own, and answers what came back. */
const clients = { 'light-my-request': injected, 'node-mocks-http': mocked, supertest: tested }

async function injected(app, { method, path, cookie }) {
  const answer = await inject(app, { method, url: path, headers: cookie ? { cookie } : {} })
  return {
    status: answer.statusCode,
    body: answer.body,
    cookies: [answer.headers['set-cookie'] ?? []].flat(),
  }
}

async function mocked(app, { method, path, cookie }) {
  const request = mocks.createRequest({ method, url: path, headers: cookie ? { cookie } : {} })
  const response = mocks.createResponse({ eventEmitter: EventEmitter, req: request })
  const ended = new Promise(resolve => response.once('end', resolve))
  app(request, response)
  await ended
  const body = response._getData() || response._getBuffer().toString()
  return { status: response.statusCode, body, cookies: [response.getHeader('set-cookie') ?? []].flat() }
}

async function tested(app, { method, path, cookie }) {
  const request = supertest(app)[method.toLowerCase()](path)
  const answer = await (cookie ? request.set('Cookie', cookie) : request)
  return { status: answer.status, body: answer.text, cookies: answer.headers['set-cookie'] ?? [] }
}

function appOn(express, { middleware }) {
  const app = expresses[express]()
  app.use(middleware)
  app.post('/sign-in', (request, response) => {
    request.session.user = 'ada'
    response.status(201).json({ user: 'ada' })
  })
  // The `json` of a mock writes its body and ends then, which is a stream.
  app.post('/in-one-piece', (request, response) => {
    request.session.user = 'ada'
    response.status(201).end('signed in')
  })
  app.get('/who', (request, response) => response.json({ user: request.session.user ?? null }))
  app.get('/stream', (request, response) => {
    request.session.isStreaming = true
    response.type('text/plain')
    Readable.from(['one, ', 'two, ', 'three']).pipe(response)
  })
  app.use(answerError)
  return app
}

/** A first sign-in, and the request that follows. */
export async function signIn({ client, express, store }) {
  const sessions = openSession(store)
  const app = appOn(express, sessions)
  const { cookies, status, body } = await clients[client](app, { method: 'POST', path: '/sign-in' })
  const second = await clients[client](app, { method: 'GET', path: '/who', cookie: sentBack(cookies) })
  return {
    first: { status, body, names: namesOf(cookies) },
    second: { status: second.status, body: second.body },
    held: await sessions.held(),
  }
}

/** A body that is piped, and written in pieces. */
export async function stream({ client, express, store }) {
  const sessions = openSession(store)
  const app = appOn(express, sessions)
  const { status, body, cookies } = await clients[client](app, { method: 'GET', path: '/stream' })
  return { status, body, names: namesOf(cookies), held: await sessions.held() }
}

/** The answer of a sign-in that cannot be stored. */
export async function failedSave({ client, express }) {
  const sessions = openSession('late')
  sessions.store.failing.add('set')
  const app = appOn(express, sessions)
  const { status, body, cookies } = await clients[client](app, { method: 'POST', path: '/in-one-piece' })
  return { status, body, names: namesOf(cookies) }
}
